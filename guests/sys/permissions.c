// calls: open access unlink
/* Which class of rights counts, and what each right on a directory lets one do. */
#include "guest.h"

/* For the modes 0 to 7 of one class, with all rights for the others: may it be read and written? */
static void show_class(const char *label, int shift)
{
    char path[16];
    say("%s:", label);
    for (int rights = 0; rights < 8; rights++) {
        snprintf(path, sizeof path, "class%d-%d", shift, rights);
        int fd = open(path, O_RDONLY), other = open(path, O_WRONLY);
        say(" %d%s%s%s", rights, fd >= 0 ? "r" : "-", other >= 0 ? "w" : "-",
            access(path, X_OK) == 0 ? "x" : "-");
        close(fd);
        close(other);
    }
    say("\n");
}

static void classes(void)
{
    show_class("owner", 6);
    show_class("group", 3);
    show_class("others", 0);
}

static void directory_rights(void)
{
    for (int rights = 0; rights < 8; rights++) {
        char path[32], file[48], other[48];
        snprintf(path, sizeof path, "dir%d", rights);
        snprintf(file, sizeof file, "%s/file", path);
        snprintf(other, sizeof other, "%s/new", path);
        bool listed = open(path, O_RDONLY) >= 0;
        bool entered = chdir(path) == 0;
        if (entered)
            MUST(chdir(".."));
        bool found = access(file, F_OK) == 0;
        bool created = open(other, O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0;
        bool removed = unlink(file) == 0;
        say("%d: list %d, enter %d, find %d, create %d, remove %d\n", rights, listed, entered,
            found, created, removed);
    }
}

static void create_all(void)
{
    char path[48];
    for (int shift = 0; shift <= 6; shift += 3)
        for (int rights = 0; rights < 8; rights++) {
            snprintf(path, sizeof path, "class%d-%d", shift, rights);
            make_file(path, "", 0);
            MUST(chown(path, shift == 6 ? 1000 : 1, shift == 3 ? 1000 : 1));
            MUST(chmod(path, (mode_t)((0777 & ~(7 << shift)) | rights << shift)));
        }
    for (int rights = 0; rights < 8; rights++) {
        snprintf(path, sizeof path, "dir%d", rights);
        MUST(mkdir(path, 0700));
        snprintf(path, sizeof path, "dir%d/file", rights);
        make_file(path, "", 0600);
        snprintf(path, sizeof path, "dir%d", rights);
        MUST(chmod(path, (mode_t)(0770 | rights)));
    }
}

/* Group 1000 only as a supplementary one. */
static void with_supplementary_group(void)
{
    const gid_t groups[] = {7, 1000};
    MUST(setgroups(2, groups));
    MUST(setresgid(2000, 2000, 2000));
    MUST(setresuid(2000, 2000, 2000));
    show_class("supplementary group", 3);
    show_class("without it", 6);
}

/* The file system's user decides, not the effective one; root's rights go with it. */
static void with_file_system_user(void)
{
    RAW(setfsuid, 1000);
    RAW(setfsgid, 1000);
    MUST(setgroups(0, NULL));
    int fd = open("class6-0", O_RDONLY);
    say("as another file system user: %s\n", fd < 0 ? errno_name(errno) : "ok");
    MUST(open("open/made", O_CREAT | O_WRONLY, 0600));
    show_file("open/made");
}

static void as_user(void)
{
    classes();
    directory_rights();
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    create_all();
    MUST(mkdir("open", 0777));
    say("as root\n");
    classes();
    run_as(1000, as_user);
    show_status("supplementary", run_child(with_supplementary_group));
    show_status("file system user", run_child(with_file_system_user));
    return 0;
}
