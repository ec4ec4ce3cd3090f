// calls: sendfile
#include "guest.h"
#include <sys/sendfile.h>

int main(void)
{
    make_file("in", "0123456789", 0600);
    int in = (int)MUST(open("in", O_RDONLY));
    int out = (int)MUST(open("out", O_RDWR | O_CREAT, 0600));
    off_t offset = 2;
    SHOW(sendfile(out, in, &offset, 3));
    say("offset %ld, position %ld\n", (long)offset, (long)lseek(in, 0, SEEK_CUR));
    SHOW(sendfile(out, in, NULL, 4));
    say("position %ld\n", (long)lseek(in, 0, SEEK_CUR));
    show_contents("out");
    offset = 8;
    SHOW(sendfile(out, in, &offset, 100));
    say("offset %ld\n", (long)offset);
    SHOW(sendfile(out, in, &offset, 100));
    SHOW(sendfile(out, in, &offset, 0));
    offset = 1000;
    SHOW(sendfile(out, in, &offset, 1));
    offset = -1;
    SHOW(sendfile(out, in, &offset, 1));
    show_contents("out");
    MUST(lseek(in, 0, SEEK_SET));
    SHOW(RAW(sendfile, out, in, NULL, -1L));
    show_file("out");

    SHOW(sendfile(out, in, BAD_POINTER, 1));
    SHOW(sendfile(-1, in, NULL, 1));
    SHOW(sendfile(out, -1, NULL, 1));
    int write_only = (int)MUST(open("in", O_WRONLY));
    SHOW(sendfile(out, write_only, NULL, 1));
    SHOW(sendfile(in, in, NULL, 1));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(sendfile(directory, in, NULL, 1));
    int append = (int)MUST(open("out", O_WRONLY | O_APPEND));
    SHOW(sendfile(append, in, NULL, 1));

    int ends[2];
    MUST(pipe2(ends, O_NONBLOCK));
    offset = 0;
    SHOW(sendfile(ends[1], in, &offset, 10));
    char text[16];
    SHOW(read(ends[0], text, sizeof text));
    show_text("pipe", text, 10);
    offset = 0;
    SHOW(sendfile(out, ends[0], &offset, 1));

    /* Within one file: the copied part and the rest stay what they are. */
    make_file("same", "abcdef", 0600);
    int same = (int)MUST(open("same", O_RDWR));
    MUST(lseek(same, 6, SEEK_SET));
    offset = 0;
    SHOW(sendfile(same, same, &offset, 3));
    show_contents("same");

    /* A full pipe takes a part. */
    int large = (int)MUST(open("large", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(large, 1 << 20));
    SHOW(sendfile(ends[1], large, NULL, 1 << 20));
    SHOW(lseek(large, 0, SEEK_CUR));
    SHOW(sendfile(ends[1], large, NULL, 1));
    int null = (int)MUST(open("/dev/null", O_WRONLY));
    SHOW(sendfile(null, large, NULL, 1 << 20));
    return 0;
}
