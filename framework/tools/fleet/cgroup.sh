# shellcheck shell=bash disable=SC2034 # the variables set here are read by the scripts that source this file
# Where a process stands in the cgroup trees.

counting=''

# read_cgroups PID: sets `tracking`, the directory of the hierarchy by which systemd knows which unit a process belongs
# to, and `cgroups`, the directories of all hierarchies the process is in. Starts no process.
#   unified: one tree at /sys/fs/cgroup
#   hybrid:  controllers in v1 trees at /sys/fs/cgroup/NAME, tracking in a v2 tree at …/unified (systemd >= 233)
#   legacy:  all v1, tracking in …/systemd; the kernel shows a `0::/` line all the same
read_cgroups() {
  local names path directory second=''
  tracking='' cgroups=()
  while IFS=: read -r _ names path; do
    case $names in
      '')
        directory=/sys/fs/cgroup
        [[ -e $directory/cgroup.procs ]] || directory=/sys/fs/cgroup/unified
        ;;
      name=*) directory=/sys/fs/cgroup/${names#name=} ;;
      *) directory=/sys/fs/cgroup/$names ;;
    esac
    [[ -e $directory$path/cgroup.procs ]] || continue
    cgroups+=("$directory$path")
    case $names in '') tracking=$directory$path ;; name=systemd) second=$directory$path ;; esac
  done 2>/dev/null <"/proc/$1/cgroup"
  tracking=${tracking:-$second}
}

# count_directory: sets `counting`, the directory that counts the unit's processes, if any does. (Of `cgroups`.)
count_directory() {
  local directory
  for directory in "${cgroups[@]%/.control}"; do [[ ! -e $directory/pids.max ]] || counting=$directory; done
}

# room N: whether the unit may have so many more processes. Where an agent stands at its task limit, bash that forks tries again for 15
# seconds, and ends.
room() {
  local max=max current=0
  [[ -z $counting ]] || { read -r max <"$counting/pids.max" && read -r current <"$counting/pids.current"; } 2>/dev/null
  [[ $max == max ]] || ((current + $1 <= max))
}
