# shell: /bin/bash-static
# ro: /usr /lib /lib64 /bin /etc/alternatives
# needs: /bin/bash-static
# Pipelines, here-documents, process substitution, traps, arrays, jobs.
set -u
echo "== pipelines"
printf '%s\n' delta alpha charlie bravo | sort | tr a-z A-Z | paste -sd,
seq 1 1000 | awk '{ s += $1 } END { print s }'
yes abibox | head -n 1000 | md5sum
false | true; echo "status $? ${PIPESTATUS[*]}"
set -o pipefail
false | true; echo "pipefail $?"
set +o pipefail
echo "== here-documents"
name=world
cat <<EOF
hello $name
$(echo nested command) and $((6 * 7))
EOF
cat <<'EOF'
no $expansion here
EOF
cat <<-EOF
	tabs are stripped
	EOF
read -r first rest <<< "one two three"
echo "$first/$rest"
echo "== process substitution"
diff <(printf 'a\nb\nc\n') <(printf 'a\nx\nc\n')
paste <(seq 3) <(seq 4 6)
tee >(wc -c > count) < case.sh > /dev/null
wait
sleep 0.2
[ "$(tr -d ' ' < count)" = "$(stat -c %s case.sh)" ] && echo counted
echo "== arrays"
a=(zero one two three)
a+=(four)
echo "${#a[@]} ${a[@]:1:2} ${a[-1]} ${!a[*]}"
declare -A map=([x]=1 [y]=2 [z]=3)
for key in $(printf '%s\n' "${!map[@]}" | sort); do echo "$key=${map[$key]}"; done
unset 'a[1]'
echo "${a[*]}"
echo "== functions and recursion"
fact() { if (($1 <= 1)); then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 12
fib() { local n=$1; ((n < 2)) && { echo "$n"; return; }; echo $(($(fib $((n - 1))) + $(fib $((n - 2))))); }
fib 10
echo "== parameter expansion"
p=/usr/share/doc/file.tar.gz
echo "${p##*/} ${p%/*} ${p%%.*} ${p#*/} ${p/doc/DOC} ${p//\//:} ${#p} ${p:5:5} ${p^^}"
echo "${undefined:-default} ${name:+set}"
case $p in *.gz) echo gz ;; *) echo other ;; esac
[[ $p =~ ([a-z]+)\.tar ]] && echo "${BASH_REMATCH[1]}"
echo {a..e}{1..3}
echo "== arithmetic"
echo $((2 ** 40)) $((0xff & ~0x0f)) $((17 % 5)) $((1 ? 2 : 3)) $((010 + 10))
for ((i = 0, s = 0; i < 10000; i++)); do ((s += i)); done; echo $s
echo "== traps"
trap 'echo exit trap' EXIT
trap 'echo got USR1' USR1
kill -USR1 $$
trap 'echo got TERM' TERM
(kill -TERM $$)
sh -c 'kill -TERM $PPID'
bash-static -c 'trap "echo child int; exit 3" INT; kill -INT $$; echo unreached'
echo "child: $?"
{ bash-static -c 'kill -KILL $$'; } 2>/dev/null
echo "killed: $?"
bash-static -c 'exit 42'
echo "exit: $?"
{ (ulimit -c 0; bash-static -c 'kill -SEGV $$'); } 2>/dev/null
echo "segv: $?"
echo "== jobs"
for n in 3 1 2; do (sleep 0.$n; echo "job $n" >> jobs) & done
wait
cat jobs
sleep 5 &
pid=$!
kill $pid
wait $pid
echo "waited: $?"
(exit 7) & wait $!
echo "background status: $?"
coproc cat
echo through coproc >&"${COPROC[1]}"
read -r line <&"${COPROC[0]}"
echo "$line"
exec {COPROC[1]}>&-
wait 2>/dev/null
echo "== redirections"
exec 3> three
echo to three >&3
exec 3>&-
cat three
{ echo out; echo err >&2; } 2>&1 | sort
echo append >> three; echo more >> three; wc -l < three
ls nonexistent 2>/dev/null || echo "no such file: $?"
set -o noclobber
echo x > three 2>/dev/null || echo noclobber
set +o noclobber
exec 4<> rw; echo line >&4; exec 4>&-; cat rw
: > empty; [ -s empty ] || echo empty
echo "== globs"
mkdir -p g/a g/b; touch g/a/1.c g/a/2.c g/b/3.h g/.hidden
echo g/*/*.c g/[ab]
shopt -s globstar nullglob dotglob
echo g/** g/*.none
shopt -u dotglob
echo "== read loops"
while IFS=: read -r user x uid rest; do echo "$user $uid"; done <<< $'root:x:0:r\nme:x:7:s'
mapfile -t lines < case.sh; echo "${#lines[@]}"
printf '%5d|%-5s|%05.2f|%x|%q\n' 42 ab 3.14159 255 'a b'
echo "== subshells and environment"
x=1; (x=2; echo "inner $x"); echo "outer $x"
export EXPORTED=yes; sh -c 'echo $EXPORTED'
env -i A=1 /bin/sh -c 'echo $A $EXPORTED'
umask 027; touch masked; stat -c %a masked; umask 022
cd g; pwd; cd - > /dev/null; dirs
echo "== select files"
test -d g && test ! -e nothing && echo tests
find g -type f | sort
time_output=$( { time true; } 2>&1 ); echo "${time_output//[0-9]/N}" | tr -d '\n'; echo
printf -v stamp '%(%Y)T' 0; echo "$stamp"
echo $BASH_SUBSHELL $((RANDOM >= 0)) ${#FUNCNAME[@]}
exit 5
