/// Where a store's log stands.
///
/// Taken before and after the instant of a checkpoint: what lies between the two may or may not be in it.
struct LogPosition: Sendable {
    typealias Source = @Sendable () -> LogPosition

    /// All up to it are in their files, or came to nothing.
    let settled: Int64
    /// The last number that was given.
    let last: Int64
    /// No earlier commit has a later time. Microseconds since 1970.
    let at: Int64
}
