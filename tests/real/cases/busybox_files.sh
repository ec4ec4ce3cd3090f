# shell: /bin/busybox sh
# Archives, compression and text tools of busybox over a tree of 5,000 files.
set -e
bb=/bin/busybox
i=0
while [ $i -lt 50 ]; do
    $bb mkdir -p tree/d$i/sub
    j=0
    while [ $j -lt 100 ]; do
        echo "file $i $j $((i * j)) lorem ipsum dolor" > tree/d$i/sub/f$j.txt
        j=$((j + 1))
    done
    i=$((i + 1))
done
$bb find tree -type f | $bb wc -l
$bb find tree -type f -name 'f7*.txt' | $bb sort | $bb sha256sum
$bb find tree -type d | $bb sort | $bb md5sum
$bb find tree -type f | $bb sort | $bb xargs $bb cat | $bb sha256sum
$bb grep -rl 'file 7 77' tree | $bb sort
$bb tar cf tree.tar --numeric-owner tree/d1 tree/d2
$bb tar tf tree.tar | $bb sort | $bb sha256sum
$bb mkdir out
$bb tar xf tree.tar -C out
$bb diff -r tree/d1 out/tree/d1 && echo same
$bb rm tree.tar
$bb find tree -type f | $bb sort | $bb xargs $bb awk '{ s += $4; n[$2]++ } END { for (k in n) c++; print s, c }'
$bb find tree -name 'f1.txt' | $bb sort | $bb head -3 | $bb xargs $bb sed -n 's/lorem/LOREM/p'
$bb ls -l tree/d3/sub | $bb awk '{ print $1, $5 }' | $bb sort | $bb uniq -c
$bb chmod 600 tree/d4/sub/f1.txt
$bb ln -s ../d4 tree/d5/link
$bb ln tree/d6/sub/f1.txt tree/d6/hard
$bb mv tree/d7 tree/d7moved
$bb rm -r tree/d8
$bb stat -c '%n %a %h %s %F' tree/d4/sub/f1.txt tree/d6/hard
