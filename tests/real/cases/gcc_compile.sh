# shell: /bin/sh
# ro: /usr /lib /lib64 /bin /etc/alternatives
# needs: /usr/bin/gcc
# Compiles, links, archives and runs C programs, the last ones in the box as well.
set -e
cat > main.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
int add(int, int);
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
    int v[100];
    for (int i = 0; i < 100; i++) v[i] = (i * 7919) % 101;
    qsort(v, 100, sizeof *v, compare);
    printf("%d args, %d..%d, sum %d, %.6f\n", argc, v[0], v[99], add(40, 2), sqrt(2));
    return argc + (int)strlen(argv[0]) * 0;
}
C
echo 'int add(int a, int b) { return a + b; }' > add.c
gcc -O2 -Wall -c main.c add.c
nm main.o | grep -c ' T '
ar rcs libadd.a add.o
ar t libadd.a
gcc -o dynamic main.o -L. -ladd -lm
./dynamic a b || echo "status $?"
gcc -static -O1 -o static main.c add.c -lm
./static || echo "status $?"
gcc -shared -fPIC -o libadd.so add.c
gcc -o shared main.o ./libadd.so -lm
./shared x y z || echo "status $?"
gcc -S -O2 -o - add.c | grep -c ret
echo 'int main(void) { return undeclared; }' > bad.c
gcc bad.c 2>&1 | grep -o "undeclared" | head -1
strip static; ./static > /dev/null || echo "stripped $?"
objdump -d add.o | grep -c lea || true
rm dynamic static shared *.o *.a *.so
