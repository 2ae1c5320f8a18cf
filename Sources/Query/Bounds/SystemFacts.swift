internal import Glibc

/// What the machine has.
enum SystemFacts {
    static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
