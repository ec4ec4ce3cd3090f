// calls: name_to_handle_at open_by_handle_at
#include "guest.h"

#define ROOM 128

static struct file_handle *new_handle(unsigned room)
{
    struct file_handle *handle = calloc(1, sizeof *handle + ROOM);
    handle->handle_bytes = room;
    return handle;
}

static void as_user(void)
{
    struct file_handle *handle = new_handle(ROOM);
    int mount_id;
    SHOW(name_to_handle_at(AT_FDCWD, "file", handle, &mount_id, 0));
    SHOW(open_by_handle_at(AT_FDCWD, handle, O_RDONLY));
}

int main(void)
{
    MUST(chmod(".", 0755));
    make_file("file", "by handle", 0644);
    MUST(link("file", "second"));
    MUST(symlink("file", "link"));
    MUST(mkdir("dir", 0755));
    int mount_id = -1, other_mount = -2;
    struct file_handle *handle = new_handle(0), *other = new_handle(ROOM);
    SHOW(name_to_handle_at(AT_FDCWD, "file", handle, &mount_id, 0));
    say("room is told %d\n", handle->handle_bytes > 0 && handle->handle_bytes <= ROOM);
    SHOW(name_to_handle_at(AT_FDCWD, "file", handle, &mount_id, 0));
    SHOW(name_to_handle_at(AT_FDCWD, "second", other, &other_mount, 0));
    say("one file, one handle %d, one mount %d\n",
        handle->handle_bytes == other->handle_bytes && handle->handle_type == other->handle_type &&
            memcmp(handle->f_handle, other->f_handle, handle->handle_bytes) == 0,
        mount_id == other_mount);
    other->handle_bytes = ROOM;
    SHOW(name_to_handle_at(AT_FDCWD, "link", other, &other_mount, AT_SYMLINK_FOLLOW));
    say("followed %d\n", memcmp(handle->f_handle, other->f_handle, handle->handle_bytes) == 0);
    other->handle_bytes = ROOM;
    SHOW(name_to_handle_at(AT_FDCWD, "link", other, &other_mount, 0));
    say("the link itself %d\n",
        memcmp(handle->f_handle, other->f_handle, handle->handle_bytes) != 0);

    int dir = (int)MUST(open("dir", O_RDONLY));
    int fd = (int)SHOW(open_by_handle_at(dir, handle, O_RDONLY));
    char text[16];
    SHOW(read(fd, text, sizeof text));
    SHOW(open_by_handle_at(99, handle, O_RDONLY));
    SHOW(open_by_handle_at(dir, BAD_POINTER, O_RDONLY));
    handle->handle_bytes = 0;
    SHOW(open_by_handle_at(dir, handle, O_RDONLY));
    handle->handle_bytes = ROOM + 1;
    SHOW(open_by_handle_at(dir, handle, O_RDONLY));
    SHOW(name_to_handle_at(AT_FDCWD, "file", handle, &mount_id, 0));

    other->handle_bytes = ROOM;
    SHOW(name_to_handle_at(AT_FDCWD, "missing", other, &mount_id, 0));
    SHOW(name_to_handle_at(99, "file", other, &mount_id, 0));
    SHOW(name_to_handle_at(dir, "", other, &mount_id, 0));
    SHOW(name_to_handle_at(dir, "", other, &mount_id, AT_EMPTY_PATH));
    SHOW(name_to_handle_at(AT_FDCWD, "file", BAD_POINTER, &mount_id, 0));
    SHOW(name_to_handle_at(AT_FDCWD, "file", other, BAD_POINTER, 0));
    SHOW(name_to_handle_at(AT_FDCWD, "file", other, &mount_id, 0x40000000));
    run_as(1000, as_user);
    return 0;
}
