# shell: /bin/dash
# ro: /usr /lib /lib64 /bin /etc/alternatives
# The dynamic dash and Debian's coreutils.
set -e
mkdir d; cd d
for i in 1 2 3 4 5; do echo "line $i" > f$i; done
cat f1 f2 | wc -l
cp -a f1 copy; cmp f1 copy && echo equal
ln -s f1 soft; readlink soft; ln f2 hard; stat -c '%h %s %F' hard soft
mv f3 moved; ls
seq 10 | shuf --random-source=/bin/dash -n 3 | sort -n | wc -l
sort -r f1 f2 copy | uniq -c
printf 'b 2\na 1\nc 3\n' > t; sort t | join - t 2>/dev/null || echo unsorted
cut -d' ' -f2 t | paste -sd+ ; tr ' ' '_' < t; expand t | head -1; nl t; tac t; rev t 2>/dev/null || true
head -c 100000 /dev/zero | sha1sum; head -c 100000 /dev/zero | b2sum; head -c 1000 /dev/zero | base64 | md5sum
dd if=/dev/zero of=z bs=1k count=100 2>/dev/null; truncate -s 1M z; stat -c %s z; du --apparent-size -k z
touch -d '2001-02-03 04:05:06' old; stat -c %Y old; date -u -d @86400 +%F
mkdir -p a/b/c; rmdir -p a/b/c; test -e a || echo gone
chmod u=rw,go= f4; stat -c %a f4; chmod -R a+rX . ; stat -c %a f4
install -m 755 f5 inst; stat -c %a inst; mktemp -u XXXX | wc -c
split -l 2 t part; cat partaa partab | cmp - t && echo split
tee x y < t > /dev/null; cmp x y && echo tee; od -c t | head -2; expr 6 \* 7; factor 1234567; numfmt --to=iec 1048576
comm -12 t x; fold -w 3 t; fmt -w 10 t; pr -t -2 t; csplit -s t 2; ls xx*
basename /a/b.c .c; dirname /a/b.c; realpath --relative-to=/mnt/d f1; env -i X=1 env; nice -n 5 nice; timeout 5 true; echo $?
timeout 0.2 sleep 5 || echo "timeout $?"
id -u; whoami; uname -s -m; nproc --all > /dev/null; tty || true; sync; df . > /dev/null && echo df
rm -r ../d/* ; ls -A
kill -l 9; (trap 'echo term; exit 3' TERM; kill -TERM $$ ; sleep 1) || true
