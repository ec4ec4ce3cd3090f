# shell: /usr/bin/python3 -u -I
# ro: /usr /lib /lib64 /bin /etc/alternatives
import array, bisect, collections, ctypes, decimal, errno, fcntl, hashlib, io, json, math, mmap, os
import pathlib, random, re, select, shutil, signal, sqlite3, struct, subprocess, sys, tempfile, time
import zlib

print("json", hashlib.sha256(json.dumps({str(i): [i, i * 1.5, None, True] for i in range(2000)},
                                        sort_keys=True).encode()).hexdigest())
print("hashes", [hashlib.new(n, b"abibox" * 1000).hexdigest()[:16]
                 for n in ("md5", "sha1", "sha512", "blake2b", "sha3_256")])
random.seed(7)
data = [random.random() for _ in range(20000)]
print("sort", sorted(data)[::4000], math.fsum(data))
print("subprocess", subprocess.run(["sh", "-c", "cat; echo err >&2; exit 3"], input=b"in\n",
                                   capture_output=True))
print("pipeline", subprocess.run("seq 1000 | sort -r | tail -1", shell=True,
                                 capture_output=True, text=True).stdout.strip())
try:
    subprocess.run(["sleep", "5"], timeout=0.2)
except subprocess.TimeoutExpired:
    print("timeout")
try:
    subprocess.run(["./nothing-here"])
except FileNotFoundError as e:
    print("not found", e.errno == errno.ENOENT)
with tempfile.TemporaryDirectory(dir=".") as d:
    p = pathlib.Path(d)
    for i in range(200):
        (p / f"f{i:03}").write_text("x" * i)
    print("sizes", sum(f.stat().st_size for f in p.iterdir()), len(list(p.glob("f1*"))))
    shutil.copytree(d, "copied")
print("copied", len(os.listdir("copied")))
shutil.rmtree("copied")
with open("mapped", "w+b") as f:
    f.truncate(1 << 20)
    m = mmap.mmap(f.fileno(), 0)
    m[0:5] = b"hello"
    m[-5:] = b"world"
    m.flush()
    f.seek(0)
    print("mmap", f.read(5), m.find(b"world"), hashlib.md5(m).hexdigest())
    m.close()
anonymous = mmap.mmap(-1, 65536)
pid = os.fork()
if pid == 0:
    anonymous[0:4] = struct.pack("I", 12345)
    os._exit(17)
print("fork", os.waitpid(pid, 0)[1] >> 8, struct.unpack("I", anonymous[0:4]))
r, w = os.pipe()
os.set_blocking(r, False)
try:
    os.read(r, 1)
except BlockingIOError:
    print("would block")
os.write(w, b"ready")
print("poll", [(event & select.POLLIN) for _, event in [(lambda p: (p.register(r), p.poll(1000)))(select.poll())[1][0]]], os.read(r, 10))
got = []
signal.signal(signal.SIGUSR1, lambda *a: got.append("usr1"))
os.kill(os.getpid(), signal.SIGUSR1)
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.signal(signal.SIGALRM, lambda *a: got.append("alrm"))
time.sleep(0.2)
print("signals", got)
fcntl.flock(r, fcntl.LOCK_SH) if False else None
db = sqlite3.connect("test.db")
db.execute("create table t (a integer primary key, b text)")
db.executemany("insert into t values (?, ?)", [(i, f"row {i}") for i in range(1000)])
db.commit()
print("sqlite", db.execute("select count(*), sum(a), max(b) from t").fetchone())
db.close()
os.remove("test.db")
print("zlib", zlib.crc32(zlib.compress(bytes(range(256)) * 1000, 9)), len(zlib.compress(b"a" * 100000)))
print("decimal", decimal.Decimal(2).sqrt(), 2 ** 500 % 10 ** 9)
print("re", re.findall(r"\b(\w)(\w*)\b", "the quick brown fox"))
print("ctypes", ctypes.sizeof(ctypes.c_long), ctypes.CDLL(None).strlen(b"12345"))
os.symlink("mapped", "link")
print("stat", oct(os.stat("link").st_mode), os.readlink("link"), os.path.islink("link"))
os.chmod("mapped", 0o640)
os.rename("mapped", "renamed")
print("dir", sorted(os.listdir(".")))
print("heap", collections.Counter("mississippi").most_common(2), bisect.bisect([1, 3, 5], 3))
print("traceback", end=" ")
try:
    [][1]
except IndexError as e:
    print(type(e).__name__)
sys.exit(6)
