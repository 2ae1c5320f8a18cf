/// What doors need to know of the configuration.
package struct DoorLimits: Sendable {
    /// In bytes.
    package var body = 64 << 20
    package var queryCount = 8
    /// In seconds.
    package var queryTime = 60.0
    package var streamTime = 3_600.0
    /// Of all files of exports together, in bytes.
    package var exportsByteCount = 50 << 30
    package var memory = MemoryLedger.Limits()

    package init() {}
}
