internal import CMicrohttpd
import Glibc

/// An answer's bytes while they are sent: retained by the library's response, and released with it (`freeBytes`).
final class BytesSender {
    let bytes: [UInt8]
    /// Told how much was taken.
    let progress: SlowRequests.Progress?
    init(_ bytes: [UInt8], _ progress: SlowRequests.Progress?) { (self.bytes, self.progress) = (bytes, progress) }
}

/// As `BytesSender`, of a part of a file.
final class FileSender {
    let file: FileBody
    /// Told how much was taken.
    let progress: SlowRequests.Progress?
    init(_ file: FileBody, _ progress: SlowRequests.Progress?) { (self.file, self.progress) = (file, progress) }
}

/// As `BytesSender`, of what is still being made.
final class StreamSender {
    let stream: ResponseStream
    let connection: Connection
    init(stream: ResponseStream, connection: Connection) { (self.stream, self.connection) = (stream, connection) }
}

/// Readers of a body return how many bytes they gave; -1 is its end, -2 ends the connection, 0 waits for a resume.
///
/// The C functions that the library calls; each finds its object in the pointer that was given with it.
enum Callbacks {
    static let requestLine:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            context, target, connection in
            guard let context, let target, let connection else { return nil }
            let own = Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue()
            guard let wakeup = own.wakeup else { return nil }
            return own.listener.requestLine(Connection(raw: connection, wakeup: wakeup), target)
        }

    static let completed:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?, MHD_RequestTerminationCode
        ) -> Void = { context, _, slot, code in
            guard let context, let slot, let exchange = slot.pointee else { return }
            slot.pointee = nil
            Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue().listener.completed(exchange, code)
        }

    static let accept: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<sockaddr>?, socklen_t) -> MHD_Result = { context, address, _ in
        guard let context else { return .NO }
        let own = Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue()
        return own.listener.connections.admits(PeerAddress(address)) ? .YES : .NO
    }

    static let connection:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?, MHD_ConnectionNotificationCode
        ) -> Void = { context, connection, slot, code in
            guard let context, let connection, let slot else { return }
            let own = Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue()
            guard let wakeup = own.wakeup else { return }
            if code == .CONNECTION_NOTIFY_STARTED {
                own.connectionCount += 1
                own.listener.connected(Connection(raw: connection, wakeup: wakeup), slot, isInHaste: own.isInHaste)
            } else {
                own.connectionCount -= 1
                own.listener.closed(Connection(raw: connection, wakeup: wakeup), slot)
            }
        }

    static let field:
        @convention(c) (
            UnsafeMutableRawPointer?, MHD_ValueKind, UnsafePointer<CChar>?, Int, UnsafePointer<CChar>?, Int
        ) -> MHD_Result = { context, _, name, nameByteCount, value, valueByteCount in
            guard let context else { return .NO }
            context.assumingMemoryBound(to: HeadCheck.self).pointee.field(
                name: UnsafeRawBufferPointer(start: name, count: nameByteCount),
                value: UnsafeRawBufferPointer(start: value, count: valueByteCount))
            return .YES
        }

    static let collected:
        @convention(c) (
            UnsafeMutableRawPointer?, MHD_ValueKind, UnsafePointer<CChar>?, Int, UnsafePointer<CChar>?, Int
        ) -> MHD_Result = { context, _, name, nameByteCount, value, valueByteCount in
            guard let context else { return .NO }
            let field = (
                name: String(decoding: UnsafeRawBufferPointer(start: name, count: nameByteCount), as: UTF8.self),
                value: Array(UnsafeRawBufferPointer(start: value, count: valueByteCount)))
            context.assumingMemoryBound(to: [(name: String, value: [UInt8])].self).pointee.append(field)
            return .YES
        }

    static let keepEscapes: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int = {
        _, _, text in text.map { strlen($0) } ?? 0
    }

    static let access:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> MHD_Result = { context, _, _, method, version, upload, uploadSize, slot in
            guard let context, let method, let version, let uploadSize, let exchange = slot?.pointee else { return .NO }
            return Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue().listener.access(
                Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue(), method: method, version: version, upload: upload,
                uploadSize: uploadSize)
        }

    static let readBytes: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int = {
        context, offset, target, count in
        guard let context, let target else { return -2 }
        let sender = Unmanaged<BytesSender>.fromOpaque(context).takeUnretainedValue()
        let bytes = sender.bytes
        let start = Int(clamping: offset)
        guard start < bytes.count else { return -1 }
        let length = min(count, bytes.count - start)
        // Safe: `length` bytes are left in the array, and the library gave room for `count`.
        bytes.withUnsafeBytes { UnsafeMutableRawPointer(target).copyMemory(from: $0.baseAddress! + start, byteCount: length) }
        sender.progress?.sent(length)
        return length
    }

    static let freeBytes: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<BytesSender>.fromOpaque(context).release() }
    }

    static let readFile: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int = {
        context, offset, target, count in
        guard let context, let target else { return -2 }
        let sender = Unmanaged<FileSender>.fromOpaque(context).takeUnretainedValue()
        let place = Int64(clamping: offset)
        guard place < sender.file.byteCount else { return -1 }
        // A file that cannot be read breaks the answer off.
        guard let length = sender.file.read(at: place, into: UnsafeMutableRawBufferPointer(start: target, count: count)) else { return -2 }
        sender.progress?.sent(length)
        return length
    }

    static let freeFile: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<FileSender>.fromOpaque(context).release() }
    }

    static let readStream: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int = {
        context, _, target, count in
        guard let context, let target else { return -2 }
        let sender = Unmanaged<StreamSender>.fromOpaque(context).takeUnretainedValue()
        let room = UnsafeMutableRawBufferPointer(start: target, count: count)
        let progress = ConnectionRecord.of(sender.connection.raw)?.progress
        // Before it may be resumed by another thread: the time until there is more is not the client's. Where nobody else makes it
        // there is no such time: the limit is one for the whole answer.
        if !sender.stream.isMadeAsSent { progress?.reached(.whole) }
        switch sender.stream.read(into: room, connection: sender.connection) {
        case .bytes(let length):
            progress?.sent(length)
            return length
        case .suspended: return 0
        case .end: return -1
        case .fault:
            sender.connection.cut()
            return -2
        }
    }

    static let freeStream: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<StreamSender>.fromOpaque(context).release() }
    }
}
