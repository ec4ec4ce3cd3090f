# shell: /usr/bin/perl
# ro: /usr /lib /lib64 /bin /etc/alternatives /etc/perl
use strict;
use warnings;
use File::Temp qw(tempfile tempdir);
use File::Find;
use Digest::SHA qw(sha256_hex);
use POSIX qw(:sys_wait_h floor);
use Time::HiRes qw(usleep);
use IO::Handle;
use Socket;

STDOUT->autoflush(1);
print "hash: ", sha256_hex("abibox" x 1000), "\n";
my %count;
$count{length $_}++ for map { "x" x ($_ % 7) } 1 .. 1000;
print join(",", map { "$_=$count{$_}" } sort keys %count), "\n";
my $text = join " ", map { sprintf "%03d", $_ * 7 % 1000 } 0 .. 500;
my @sorted = sort { $a <=> $b } split / /, $text;
print "$sorted[0] $sorted[-1] ", scalar(@sorted), "\n";
(my $changed = $text) =~ s/(\d)(\d)(\d)/$3$2$1/g;
print sha256_hex($changed), "\n";
for my $n (1 .. 5) {
    my $pid = fork();
    if (!$pid) { exit $n * 3; }
    waitpid $pid, 0;
    print "child $n: ", $? >> 8, "\n";
}
pipe my $r, my $w or die;
if (!fork) { close $r; print $w "line $_\n" for 1 .. 1000; exit 0 }
close $w;
my $lines = 0;
$lines++ while <$r>;
wait;
print "lines $lines\n";
open my $p, "-|", "echo from a pipe; exit 4" or die;
print while <$p>;
close $p;
print "status ", $? >> 8, "\n";
local $SIG{ALRM} = sub { die "alarm\n" };
eval { alarm 1; select undef, undef, undef, 10; };
print "eval: $@";
local $SIG{USR1} = sub { print "usr1\n" };
kill USR1 => $$;
my ($fh, $name) = tempfile(DIR => ".", UNLINK => 1);
print $fh "data\n" x 1000;
close $fh;
print -s $name, "\n";
mkdir "p$_" for 1 .. 5;
for my $d (1 .. 5) { open my $f, ">", "p$d/file" or die; print $f $d; close $f }
my @found;
find({ wanted => sub { push @found, $File::Find::name if -f }, no_chdir => 1 }, ".");
print join(" ", grep { m{/p} } sort @found), "\n";
rename "p1/file", "p2/other" or die;
unlink "p3/file" or die;
rmdir "p3" or die;
print join(" ", sort map { s/^\.\///r } glob("p*/*")), "\n";
print "pack: ", unpack("H*", pack("nNvVCaA3", 1, 2, 3, 4, 5, "x", "yz")), "\n";
printf "%.10f %e %g %s\n", atan2(1, 1) * 4, 1e100, 0.1 + 0.2, 9**20;
print "eof\n";
exit 9;
