// peer measures of Go's scheduler what gmp.c measures of the runtime's, by the same names.
//
//	peer ITEM      prints NAME<TAB>VALUE lines; GOMAXPROCS in the environment
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(2)
	}
}

func atShare(v []float64, percent int) float64 {
	sort.Float64s(v)
	return v[len(v)*percent/100]
}

func timeOf(f func(int), n int) time.Duration {
	t := time.Now()
	f(n)
	return time.Since(t)
}

// measure repeats f. sleeps: longer samples, their median.
func measure(name string, f func(int), sleeps bool) {
	least, samples, percent := time.Millisecond, 51, 10
	if sleeps {
		least, samples, percent = 10*time.Millisecond, 11, 50
	}
	n := 8
	for {
		d := timeOf(f, n)
		if d >= least {
			break
		}
		if d < least/16 {
			n *= 8
		} else {
			n *= 2
		}
	}
	var v []float64
	for i := 0; i < samples; i++ {
		v = append(v, float64(timeOf(f, n).Nanoseconds())/float64(n))
	}
	fmt.Printf("%s\t%.2f\n", name, atShare(v, percent))
}

func spawnJoin(n int) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go wg.Done()
		wg.Wait()
	}
}

func spawnBatch(n int) {
	var wg sync.WaitGroup
	for i := 0; i < n; i += 1000 {
		k := n - i
		if k > 1000 {
			k = 1000
		}
		wg.Add(k)
		for j := 0; j < k; j++ {
			go wg.Done()
		}
		wg.Wait()
	}
}

func yield(n int) {
	var wg sync.WaitGroup
	wg.Add(2)
	for k := 0; k < 2; k++ {
		go func() {
			for i := 0; i < n/2; i++ {
				runtime.Gosched()
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func rendezvous(n int) {
	to, from := make(chan uintptr), make(chan uintptr)
	go func() {
		for w := range to {
			from <- w
		}
		close(from)
	}()
	for i := 0; i < n; i++ {
		to <- uintptr(i)
		<-from
	}
	close(to)
	<-from
}

var mu sync.Mutex

func mutex(n int) {
	for i := 0; i < n; i++ {
		mu.Lock()
		mu.Unlock()
	}
}

func getpidRaw(n int) {
	for i := 0; i < n; i++ {
		syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
	}
}

func getpidSys(n int) {
	for i := 0; i < n; i++ {
		syscall.Syscall(syscall.SYS_GETPID, 0, 0, 0)
	}
}

// enterExit takes blocks of both calls in turn.
func enterExit() {
	const block, pairs = 2000, 201
	var raw, sys []float64
	for i := 0; i < pairs; i++ {
		raw = append(raw, float64(timeOf(getpidRaw, block).Nanoseconds())/block)
		sys = append(sys, float64(timeOf(getpidSys, block).Nanoseconds())/block)
	}
	fmt.Printf("enter_exit\t%.2f\n", atShare(sys, 10)-atShare(raw, 10))
}

func pipePolled(n int) {
	r1, w1, err := os.Pipe()
	must(err)
	r2, w2, err := os.Pipe()
	must(err)
	go func() {
		var b [1]byte
		for i := 0; i < n; i++ {
			_, err := r1.Read(b[:])
			must(err)
			w2.Write(b[:])
		}
	}()
	var b [1]byte
	for i := 0; i < n; i++ {
		w1.Write(b[:])
		r2.Read(b[:])
	}
	for _, f := range []*os.File{r1, w1, r2, w2} {
		f.Close()
	}
}

func pipeBlocking(n int) {
	var p, q [2]int
	must(syscall.Pipe(p[:]))
	must(syscall.Pipe(q[:]))
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		var b [1]byte
		for i := 0; i < n; i++ {
			syscall.Read(p[0], b[:])
			syscall.Write(q[1], b[:])
		}
		wg.Done()
	}()
	var b [1]byte
	for i := 0; i < n; i++ {
		syscall.Write(p[1], b[:])
		syscall.Read(q[0], b[:])
	}
	wg.Wait()
	for _, fd := range []int{p[0], p[1], q[0], q[1]} {
		syscall.Close(fd)
	}
}

func status(key string) int {
	b, err := os.ReadFile("/proc/self/status")
	must(err)
	for _, line := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(line, key) {
			n, err := strconv.Atoi(strings.Fields(line)[1])
			must(err)
			return n
		}
	}
	return -1
}

// pipeInOne is a pipe in one descriptor, so that 10,000 fit under the limit.
func pipeInOne(flags int) int {
	var p [2]int
	must(syscall.Pipe(p[:]))
	fd, err := syscall.Open("/proc/self/fd/"+strconv.Itoa(p[0]), syscall.O_RDWR|flags, 0)
	must(err)
	syscall.Close(p[0])
	syscall.Close(p[1])
	return fd
}

func wakeMany(name string, n int, polled bool) {
	fds := make([]int, n)
	files := make([]*os.File, n)
	for i := range fds {
		if polled {
			fds[i] = pipeInOne(syscall.O_NONBLOCK)
			files[i] = os.NewFile(uintptr(fds[i]), "pipe")
		} else {
			fds[i] = pipeInOne(0)
		}
	}
	for round := 0; round < 2; round++ {
		var started int64
		var wg sync.WaitGroup
		before, threads := status("VmRSS:"), status("Threads:")
		wg.Add(n)
		t := time.Now()
		for i := 0; i < n; i++ {
			go func(i int) {
				var b [1]byte
				atomic.AddInt64(&started, 1)
				if polled {
					files[i].Read(b[:])
				} else {
					syscall.Read(fds[i], b[:])
				}
				wg.Done()
			}(i)
		}
		for atomic.LoadInt64(&started) < int64(n) {
			runtime.Gosched()
		}
		start := time.Since(t)
		time.Sleep(150 * time.Millisecond)
		if round == 0 {
			fmt.Printf("%s_start\t%d\n", name, start.Nanoseconds())
			fmt.Printf("%s_kB\t%d\n", name, status("VmRSS:")-before)
			fmt.Printf("%s_threads\t%d\n", name, status("Threads:")-threads)
		}
		t = time.Now()
		for i := 0; i < n; i++ {
			syscall.Write(fds[i], []byte{1})
		}
		wg.Wait()
		suffix := ""
		if round == 0 {
			suffix = "_cold"
		}
		fmt.Printf("%s_wake%s\t%d\n", name, suffix, time.Since(t).Nanoseconds())
	}
	runtime.KeepAlive(files)
}

func stall(name string, raw bool) {
	var stop, watch int32
	var gap int64
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		last := time.Now()
		for atomic.LoadInt32(&stop) == 0 {
			now := time.Now()
			if g := int64(now.Sub(last)); atomic.LoadInt32(&watch) != 0 && g > gap {
				gap = g
			}
			last = now
			runtime.Gosched()
		}
		wg.Done()
	}()
	time.Sleep(30 * time.Millisecond)
	atomic.StoreInt32(&watch, 1)
	t := [2]int64{0, 100e6}
	for { // Go's own preemption signal may interrupt the call: go on with the rest
		var e syscall.Errno
		if raw {
			_, _, e = syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), uintptr(unsafe.Pointer(&t)), 0)
		} else {
			_, _, e = syscall.Syscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), uintptr(unsafe.Pointer(&t)), 0)
		}
		if e != syscall.EINTR {
			break
		}
	}
	runtime.Gosched()
	atomic.StoreInt32(&stop, 1)
	wg.Wait()
	fmt.Printf("%s\t%d\n", name, gap)
}

func main() {
	item := os.Args[1]
	repeated := map[string]func(int){
		"spawn_join": spawnJoin, "spawn_batch": spawnBatch, "yield": yield,
		"rendezvous": rendezvous, "mutex": mutex, "getpid_raw": getpidRaw, "getpid_sys": getpidSys,
		"pipe_polled": pipePolled, "pipe_blocking": pipeBlocking,
	}
	switch item {
	case "enter_exit":
		enterExit()
	case "pollers":
		wakeMany(item, 10000, true)
	case "blocked":
		wakeMany(item, 1000, false)
	case "stall_raw":
		stall(item, true)
	case "stall_sys":
		stall(item, false)
	default:
		f := repeated[item]
		if f == nil {
			must(fmt.Errorf("no item %q", item))
		}
		measure(item, f, strings.HasPrefix(item, "pipe"))
	}
}
