/// The part of the configuration that doors need.
package struct DoorLimits: Sendable {
    /// In bytes.
    package var body = 64 << 20
    package var queryCount = 8
    /// In seconds.
    package var queryTime = 60.0
    package var streamTime = 3_600.0
    /// Bytes of an upload's file, as it is sent and as it is decoded.
    package var uploadByteCount = 5 << 30
    /// Bytes of all files of exports together.
    package var exportsByteCount = 50 << 30
    package var memory = MemoryLedger.Limits()

    package init() {}
}
