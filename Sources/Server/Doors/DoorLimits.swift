/// What doors need to know of the configuration.
package struct DoorLimits: Sendable {
    /// In bytes.
    package var body = 64 << 20
    package var queryCount = 8
    /// In seconds.
    package var queryTime = 60.0
    package var streamTime = 3_600.0
    /// Of an upload's file, as it is sent and decoded, in bytes.
    package var uploadByteCount = 5 << 30
    /// Of all files of exports together, in bytes.
    package var exportsByteCount = 50 << 30
    package var memory = MemoryLedger.Limits()

    package init() {}
}
