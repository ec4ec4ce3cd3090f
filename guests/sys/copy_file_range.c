// calls: copy_file_range
#include "guest.h"

static void copies(int in, int out)
{
    off_t from = 2, to = 1;
    SHOW(copy_file_range(in, &from, out, &to, 3, 0));
    say("offsets %ld %ld, positions %ld %ld\n", (long)from, (long)to, (long)lseek(in, 0, SEEK_CUR),
        (long)lseek(out, 0, SEEK_CUR));
    show_contents("out");
    SHOW(copy_file_range(in, NULL, out, NULL, 4, 0));
    say("positions %ld %ld\n", (long)lseek(in, 0, SEEK_CUR), (long)lseek(out, 0, SEEK_CUR));
    SHOW(copy_file_range(in, NULL, out, &to, 100, 0));
    say("offset %ld, position %ld\n", (long)to, (long)lseek(out, 0, SEEK_CUR));
    show_contents("out");
    SHOW(copy_file_range(in, NULL, out, NULL, 100, 0));
    from = 1000;
    SHOW(copy_file_range(in, &from, out, NULL, 100, 0));
    SHOW(copy_file_range(in, NULL, out, NULL, 0, 0));
    from = 0, to = 100;
    SHOW(copy_file_range(in, &from, out, &to, 2, 0));
    show_file("out");
}

static void one_file(void)
{
    make_file("same", "0123456789", 0600);
    int fd = (int)MUST(open("same", O_RDWR));
    int again = (int)MUST(open("same", O_RDWR));
    off_t from = 0, to = 5;
    SHOW(copy_file_range(fd, &from, again, &to, 5, 0));
    show_contents("same");
    from = 0, to = 4;
    SHOW(copy_file_range(fd, &from, fd, &to, 5, 0));
    from = 4, to = 0;
    SHOW(copy_file_range(fd, &from, again, &to, 5, 0));
    from = 0, to = 20;
    SHOW(copy_file_range(fd, &from, fd, &to, 100, 0));
    from = 0, to = 5;
    SHOW(copy_file_range(fd, &from, fd, &to, 100, 0));
}

static void errors(int in, int out)
{
    off_t offset = INT64_MAX;
    int write_only = (int)MUST(open("in", O_WRONLY));
    int append = (int)MUST(open("out", O_WRONLY | O_APPEND));
    int directory = (int)MUST(open(".", O_RDONLY));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    int path = (int)MUST(open("in", O_PATH));
    int ends[2];
    MUST(pipe(ends));
    MUST(lseek(in, 0, SEEK_SET));
    SHOW(copy_file_range(in, NULL, out, NULL, 1, 1));
    SHOW(copy_file_range(99, NULL, out, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, 99, NULL, 1, 0));
    SHOW(copy_file_range(99, NULL, 99, NULL, 0, 1));
    SHOW(copy_file_range(write_only, NULL, out, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, in, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, append, NULL, 1, 0));
    SHOW(copy_file_range(directory, NULL, out, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, directory, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, null, NULL, 1, 0));
    SHOW(copy_file_range(ends[0], NULL, out, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, ends[1], NULL, 1, 0));
    SHOW(copy_file_range(path, NULL, out, NULL, 1, 0));
    SHOW(copy_file_range(in, BAD_POINTER, out, NULL, 1, 0));
    SHOW(copy_file_range(in, NULL, out, BAD_POINTER, 1, 0));
    SHOW(copy_file_range(in, NULL, out, &offset, 1, 0));
}

static void large(void)
{
    int in = (int)MUST(open("large", O_RDWR | O_CREAT, 0600));
    int out = (int)MUST(open("copy", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(in, 3 << 20));
    MUST(pwrite(in, "end", 3, (3 << 20) - 3));
    size_t total = 0;
    for (ssize_t copied; (copied = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0;)
        total += (size_t)copied;
    char text[3];
    MUST(pread(out, text, 3, (3 << 20) - 3));
    say("copied %zu\n", total);
    show_text("end", text, 3);
}

int main(void)
{
    make_file("in", "0123456789", 0600);
    int in = (int)MUST(open("in", O_RDONLY));
    int out = (int)MUST(open("out", O_RDWR | O_CREAT, 0600));
    copies(in, out);
    one_file();
    errors(in, out);
    large();
    return 0;
}
