# shell: /bin/busybox sh
# needs: /usr/bin/head
# prepare: i=0; while [ $i -lt 16384 ]; do echo "$i"; i=$((i+1)); done > seed; python3 -c "import hashlib,sys; f=open('big','wb'); [f.write(hashlib.sha256(b'%d' % i).digest()*32) for i in range(65536)]"
# A file of 64 MiB through digests and the compressors.
set -e
bb=/bin/busybox
$bb sha256sum < big
$bb wc -c < big
$bb cksum big
$bb dd if=big bs=65536 count=64 2>/dev/null > part
$bb gzip -1 -c part > part.gz
$bb zcat part.gz | $bb cmp - part && echo gzip same
$bb bzip2 -1 -c part > part.bz2
$bb bzcat part.bz2 | $bb cmp - part && echo bzip2 same
$bb gzip -c big > big.gz
$bb gunzip -c big.gz | $bb md5sum
$bb rm big.gz
$bb sort -n seed | $bb tail -2
$bb sort -r seed | $bb head -3
$bb od -A d -t x1 part | $bb tail -2
$bb split -b 1000000 part piece.
$bb cat piece.* | $bb cmp - part && echo split same
