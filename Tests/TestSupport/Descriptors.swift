import Glibc

/// Files that can be opened, of this process.
package enum Descriptors {
    /// Runs `body` while none can be: what is open stays so. No other thread of the test is to open one meanwhile.
    package static func withNone<Result>(_ body: () throws -> Result) rethrows -> Result {
        var limit = rlimit()
        let isKnown = getrlimit(resource, &limit) == 0
        precondition(isKnown)
        let before = limit
        set(rlimit(rlim_cur: 0, rlim_max: before.rlim_max))
        defer { set(before) }
        return try body()
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    private static func set(_ limit: rlimit) {
        var limit = limit
        let isSet = setrlimit(resource, &limit) == 0
        precondition(isSet)
    }
}
