// A connection's bytes to messages.
//
//     startup packet:  Int32 length (itself counted), Int32 code, body
//     message:         Byte1 type, Int32 length (itself counted, the type not), body

internal import ColumnStore

/// Cuts what a client sends into messages, however it comes in pieces. Holds one message that is not whole yet and what came behind it: a length past its bound is a
/// fault as soon as it is read, so that nobody makes the server wait for, or hold, more.
package struct FrontendDecoder {
    package enum Phase: Sendable {
        case startup
        /// Nobody is who they say yet: a password is all that may come.
        case authentication
        case session
    }

    package struct Limits: Sendable {
        /// PostgreSQL's own.
        package var startup = 10_000
        package var password = 65_535
        /// Of messages that carry no statement and no value.
        package var small = 30_000
        package var large: Int

        package init(large: Int = 64 << 20) { self.large = large }
    }

    package var phase: Phase = .startup
    private let limits: Limits
    private var bytes: [UInt8] = []
    private var place = 0
    /// The last message that `next` looked into is one that is answered by ReadyForQuery.
    package private(set) var isAtQuery = false
    /// It is one that ends what is passed over after an error, also where it is wrong itself.
    package private(set) var isAtSync = false
    /// How many messages are behind, also those that were wrong.
    package private(set) var passedCount = 0

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Bytes that have come and are not read.
    package var pendingCount: Int { bytes.count - place }
    /// What is held for them, and for what is read already.
    package var heldByteCount: Int { bytes.capacity }

    /// A buffer of more is let go of: an array keeps the room that a long message took.
    private static let keptByteCountMax = 8 << 10

    package mutating func append(_ piece: some Sequence<UInt8>) {
        // What is behind is thrown away when it is most of what is held: each byte moves a bounded number of times.
        if place > 0, place >= bytes.count - place {
            if bytes.capacity > Self.keptByteCountMax { bytes = Array(bytes[place...]) } else { bytes.removeFirst(place) }
            place = 0
        }
        bytes.append(contentsOf: piece)
    }

    /// While nothing comes: lets go of what long messages have taken, once they are read.
    package mutating func rest() {
        if pendingCount == 0, bytes.capacity > Self.keptByteCountMax { forget() }
    }

    /// What came before TLS began was sent by nobody knows whom.
    package mutating func forget() {
        bytes = []
        place = 0
    }

    /// The first byte of a TLS record: the client begins with TLS instead of asking for it (`sslnegotiation=direct`).
    package var beginsWithTLS: Bool { phase == .startup && place < bytes.count && bytes[place] == 0x16 }

    /// Nil when more must come first.
    package mutating func nextStartup() throws(PostgresFault) -> StartupMessage? {
        guard let length = length(at: place) else { return nil }
        guard length >= 8, length <= limits.startup else { throw .framing("invalid length of startup packet") }
        guard pendingCount >= length else { return nil }
        var reader = WireReader(bytes[place + 4..<place + length])
        let message = try Self.startup(&reader)
        place += length
        return message
    }

    /// Nil when more must come first. After a fault of severity FATAL nothing more is to be read; after others the message has been passed.
    package mutating func next() throws(PostgresFault) -> FrontendMessage? {
        guard pendingCount > 0 else { return nil }
        let type = bytes[place]
        guard let bound = bound(of: type) else { throw .framing("invalid frontend message type \(type)") }
        guard let length = length(at: place + 1) else { return nil }
        guard length >= 4, length <= bound else { throw .framing("invalid message length") }
        guard pendingCount > length else { return nil }
        let body = bytes[place + 5..<place + 1 + length]
        isAtQuery = type == UInt8(ascii: "Q") || type == UInt8(ascii: "F")
        isAtSync = type == UInt8(ascii: "S")
        place += 1 + length
        passedCount += 1
        var reader = WireReader(body)
        let message = try Self.message(type, &reader)
        try reader.finish()
        return message
    }

    private func length(at start: Int) -> Int? {
        guard bytes.count - start >= 4 else { return nil }
        let value = bytes[start..<start + 4].reduce(0 as UInt32) { $0 << 8 | UInt32(truncatingIfNeeded: $1) }
        return Int(Int32(bitPattern: value))
    }

    /// Nil for what is no message here.
    private func bound(of type: UInt8) -> Int? {
        switch (phase, type) {
        case (.authentication, UInt8(ascii: "p")): limits.password
        case (.session, UInt8(ascii: "Q")), (.session, UInt8(ascii: "P")), (.session, UInt8(ascii: "B")), (.session, UInt8(ascii: "F")), (.session, UInt8(ascii: "d")): limits.large
        case (.session, UInt8(ascii: "D")), (.session, UInt8(ascii: "E")), (.session, UInt8(ascii: "C")), (.session, UInt8(ascii: "f")): limits.small
        case (.session, UInt8(ascii: "S")), (.session, UInt8(ascii: "H")), (.session, UInt8(ascii: "c")): limits.small
        case (.session, UInt8(ascii: "X")), (.authentication, UInt8(ascii: "X")): limits.small
        default: nil
        }
    }

    // MARK: Startup

    private enum Code {
        static let cancel: Int32 = 80_877_102, encryption: Int32 = 80_877_103, gssEncryption: Int32 = 80_877_104
    }

    private static func startup(_ reader: inout WireReader) throws(PostgresFault) -> StartupMessage {
        let code = try reader.integer(Int32.self)
        switch code {
        case Code.encryption, Code.gssEncryption:
            guard reader.isAtEnd else { throw .framing("invalid length of startup packet") }
            return code == Code.encryption ? .encryption : .gssEncryption
        case Code.cancel:
            let processID = try reader.integer(Int32.self)
            // Four bytes by protocol 3.0, up to 256 by 3.2.
            guard (4...256).contains(reader.count) else { throw .framing("invalid length of startup packet") }
            return .cancel(processID: processID, key: Array(reader.rest()))
        default:
            let (major, minor) = (code >> 16, code & 0xFFFF)
            guard major == 3 else {
                throw PostgresFault(.featureNotSupported, "unsupported frontend protocol \(major).\(minor): server supports 3.0 to 3.0", severity: .fatal)
            }
            return .start(StartupMessage.Startup(minorVersion: Int(minor), parameters: try parameters(&reader)))
        }
    }

    private static func parameters(_ reader: inout WireReader) throws(PostgresFault) -> [StartupMessage.Startup.Parameter] {
        var found: [StartupMessage.Startup.Parameter] = []
        do {
            while true {
                let name = try reader.name()
                if name.isEmpty { break }
                found.append(StartupMessage.Startup.Parameter(name, try reader.name()))
            }
            try reader.finish()
        } catch {
            throw PostgresFault(
                error.state, error.state == .invalidByteSequence || error.state == PostgresFault.marks.state ? error.message : "invalid startup packet layout: expected terminator as last byte", severity: .fatal)
        }
        return found
    }

    // MARK: Messages

    private static func message(_ type: UInt8, _ reader: inout WireReader) throws(PostgresFault) -> FrontendMessage {
        switch type {
        case UInt8(ascii: "Q"): return .query(try reader.text())
        case UInt8(ascii: "P"): return .parse(try parse(&reader))
        case UInt8(ascii: "B"): return .bind(try bind(&reader))
        case UInt8(ascii: "D"): return .describe(try target(&reader, of: "DESCRIBE"))
        case UInt8(ascii: "C"): return .close(try target(&reader, of: "CLOSE"))
        case UInt8(ascii: "E"):
            let portal = try reader.name()
            // PostgreSQL takes a negative one for all rows.
            return .execute(portal: portal, rowsMax: max(0, Int(try reader.integer(Int32.self))))
        case UInt8(ascii: "S"): return .sync
        case UInt8(ascii: "H"): return .flush
        case UInt8(ascii: "p"): return .password(Array(reader.rest()))
        case UInt8(ascii: "d"): return .copyData(Array(reader.rest()))
        case UInt8(ascii: "c"): return .copyDone
        case UInt8(ascii: "f"): return .copyFail(try reader.text())
        case UInt8(ascii: "F"):
            _ = reader.rest()
            return .functionCall
        default:
            _ = reader.rest()
            return .terminate
        }
    }

    private static func parse(_ reader: inout WireReader) throws(PostgresFault) -> FrontendMessage.Parse {
        let name = try reader.name(), query = try reader.text()
        var types: [UInt32] = []
        for _ in 0..<(try reader.itemCount(eachAtLeast: 4)) { types.append(try reader.integer()) }
        return FrontendMessage.Parse(name: name, query: query, parameterTypes: types)
    }

    private static func bind(_ reader: inout WireReader) throws(PostgresFault) -> FrontendMessage.Bind {
        var bind = FrontendMessage.Bind(portal: try reader.name(), statement: try reader.name())
        bind.parameterFormats = try formats(&reader)
        for _ in 0..<(try reader.itemCount(eachAtLeast: 4)) { bind.parameters.append(try reader.value().map(Array.init)) }
        bind.resultFormats = try formats(&reader)
        return bind
    }

    private static func formats(_ reader: inout WireReader) throws(PostgresFault) -> [WireFormat] {
        var formats: [WireFormat] = []
        for _ in 0..<(try reader.itemCount(eachAtLeast: 2)) {
            let code = try reader.integer(Int16.self)
            guard let format = WireFormat(rawValue: code) else { throw PostgresFault(.invalidParameterValue, "unsupported format code: \(code)") }
            formats.append(format)
        }
        return formats
    }

    private static func target(_ reader: inout WireReader, of message: String) throws(PostgresFault) -> FrontendMessage.Target {
        let kind = try reader.byte()
        let name = try reader.name()
        switch kind {
        case UInt8(ascii: "S"): return .statement(name)
        case UInt8(ascii: "P"): return .portal(name)
        default: throw PostgresFault(.protocolViolation, "invalid \(message) message subtype \(kind)")
        }
    }
}
