internal import CGnuTLS
internal import CMicrohttpd
internal import ColumnStore
import Glibc

// The library calls `recv`, and over TLS `gnutls_record_recv`. Both have versions, so that the dynamic linker passes over functions of the program, as
// `LibraryAnswers` has them; instead the library's own table of what it calls is changed. What a client sends is looked at before the library has it:
// `FramingCheck` says why.

/// Connections by descriptor, for the two functions below.
enum ReceivedBytes {
    private typealias Receive = @convention(c) (Int32, UnsafeMutableRawPointer?, Int, Int32) -> Int
    private typealias ReceiveRecord = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int) -> Int

    /// Whether the library calls the two functions below. Done once, before there is a daemon.
    static let isInPlace: Bool = {
        let receive: Receive = { tillReceives($0, $1, $2, $3) }
        let receiveRecord: ReceiveRecord = { tillReceivesRecord($0, $1, $2) }
        return till_mhd_replace("recv", unsafeBitCast(receive, to: UnsafeRawPointer.self)) > 0
            && till_mhd_replace("gnutls_record_recv", unsafeBitCast(receiveRecord, to: UnsafeRawPointer.self)) > 0
    }()

    /// No more descriptors are asked of the system.
    static let descriptorCountMax = 1 << 20

    /// A pointer for each descriptor. Zeroed memory that is not touched takes none.
    ///
    /// Safe without a lock: the place of a connection's descriptor is written and read by its own daemon's thread alone, from the library's telling of
    /// the connection's start to that of its end, which come before and after every other call with that descriptor.
    nonisolated(unsafe) private static let records: UnsafeMutablePointer<UnsafeMutableRawPointer?>? =
        calloc(descriptorCountMax, MemoryLayout<UnsafeMutableRawPointer?>.stride)?.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)

    /// - Returns: false for a descriptor that there is no place for.
    static func set(_ record: ConnectionRecord?, _ descriptor: Int32) -> Bool {
        guard let records, (0..<descriptorCountMax).contains(Int(descriptor)) else { return false }
        records[Int(descriptor)] = record.map { Unmanaged.passUnretained($0).toOpaque() }
        return true
    }

    static func record(_ descriptor: Int32) -> ConnectionRecord? {
        guard let records, (0..<descriptorCountMax).contains(Int(descriptor)), let record = records[Int(descriptor)] else { return nil }
        return Unmanaged<ConnectionRecord>.fromOpaque(record).takeUnretainedValue()
    }
}

/// Called by the library for a connection's bytes.
private func tillReceives(_ descriptor: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int, _ flags: Int32) -> Int {
    // Without TLS these are what the client sent.
    guard let record = ReceivedBytes.record(descriptor) else { return recv(descriptor, target, count, flags) }
    // After a fault the library sees the end of the stream, until it closes the connection.
    if record.framingFault { return 0 }
    return record.checked(target, recv(descriptor, target, count, flags))
}

/// As `recv`, for what comes out of TLS, whose own reading is not the library's.
private func tillReceivesRecord(_ session: OpaquePointer?, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard let session, let record = ReceivedBytes.record(gnutls_transport_get_int(session)) else { return gnutls_record_recv(session, target, count) }
    if record.framingFault { return 0 }
    return record.checked(target, gnutls_record_recv(session, target, count))
}

extension ConnectionRecord {
    /// - Returns: how many of the `count` bytes the library gets: those before the one that breaks the framing.
    fileprivate func checked(_ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        guard count > 0, let target, let fault = framing.take(UnsafeRawBufferPointer(start: target, count: count)) else { return count }
        framingFault = true
        // To the library it is the end of the client's bytes; of fewer than it asked for it waits for an event, and this is one.
        shutdown(progress.socket, HangupWatcher.reading)
        return fault
    }
}
