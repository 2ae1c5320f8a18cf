internal import ColumnStore

/// Lays messages to a client down as bytes.
package struct BackendWriter {
    package private(set) var bytes: [UInt8] = []
    /// A message's length, with the four bytes that say it; less than an Int32 holds for tests.
    private let lengthMax: Int
    /// A message was longer, and is not there: its beginning was taken back, so that what stands behind it is read as what it is.
    private var isOverlong = false

    package init(lengthMax: Int = Int(Int32.max)) { self.lengthMax = lengthMax }

    /// Once after each message that was too long to be one.
    package mutating func takeFault() -> PostgresFault? {
        guard isOverlong else { return nil }
        isOverlong = false
        return PostgresFault(.programLimitExceeded, "a message of more than \(lengthMax) bytes", hint: "Ask for less in one row.")
    }

    /// What was written, which is then the caller's.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Hands what was written to `send`, and keeps the room for what comes next, up to `capacityMax`.
    package mutating func drain(keeping capacityMax: Int, _ send: ([UInt8]) throws -> Void) rethrows {
        let written = bytes
        bytes = []
        try send(written)
        guard written.capacity <= capacityMax else { return }
        bytes = written
        bytes.removeAll(keepingCapacity: true)
    }

    // MARK: Parts

    package mutating func integer<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func byte(_ byte: UInt8) { bytes.append(byte) }
    package mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// A zero would end the text early, and what came behind it would be read as something else.
    package mutating func text(_ text: String) {
        bytes.append(contentsOf: text.utf8.lazy.filter { $0 != 0 })
        bytes.append(0)
    }

    /// - Returns: where its length stands, for `end`.
    private mutating func begin(_ type: UInt8) -> Int {
        bytes.append(type)
        integer(0 as Int32)
        return bytes.count - 4
    }

    /// What is written is bounded far below by its makers: a batch, a statement's text, a name. Where one of them is wrong, a statement fails and nobody else's connection.
    private mutating func end(_ start: Int) {
        guard bytes.count - start <= lengthMax else {
            bytes.removeSubrange((start - 1)...)
            isOverlong = true
            return
        }
        patch(bytes.count - start, at: start)
    }

    /// A value's length is its message's business, which is taken back where it is too long.
    private mutating func patch(_ value: Int, at place: Int) {
        withUnsafeBytes(of: Int32(truncatingIfNeeded: value).bigEndian) { size in
            for (index, byte) in size.enumerated() { bytes[place + index] = byte }
        }
    }

    // MARK: Rows, written in place

    /// - Precondition: `count` values follow, each by `null` or `value`.
    package mutating func row(_ count: Int, _ values: (inout BackendWriter) throws -> Void) rethrows {
        let start = begin(UInt8(ascii: "D"))
        integer(Int16(truncatingIfNeeded: count))
        try values(&self)
        end(start)
    }

    /// A row of a COPY, with what the copy has before it.
    package mutating func copied(_ prefix: [UInt8], _ write: (inout BackendWriter) throws -> Void) rethrows {
        let start = begin(UInt8(ascii: "d"))
        bytes.append(contentsOf: prefix)
        try write(&self)
        end(start)
    }

    package mutating func null() { integer(-1 as Int32) }

    /// One more value of a row.
    package mutating func value(_ value: UnsafeBufferPointer<UInt8>) {
        integer(Int32(clamping: value.count))
        bytes.append(contentsOf: value)
    }

    /// Bytes of a message that is under way.
    package mutating func withBytes(_ write: (inout [UInt8]) -> Void) { write(&bytes) }

    package mutating func value(_ write: (inout [UInt8]) throws -> Void) rethrows {
        let start = bytes.count
        integer(0 as Int32)
        try write(&bytes)
        patch(bytes.count - start - 4, at: start)
    }

    // MARK: Messages

    /// The one byte that answers an SSLRequest or a GSSENCRequest.
    package mutating func encryption(isAccepted: Bool) { bytes.append(UInt8(ascii: isAccepted ? "S" : "N")) }

    package mutating func write(_ message: BackendMessage) {
        let start = begin(message.type)
        switch message {
        case .authenticationOk: integer(0 as Int32)
        case .authenticationPassword: integer(3 as Int32)
        case .authenticationMechanisms(let names):
            integer(10 as Int32)
            for name in names { text(name) }
            byte(0)
        case .authenticationContinue(let data):
            integer(11 as Int32)
            append(data)
        case .authenticationFinal(let data):
            integer(12 as Int32)
            append(data)
        case .keyData(let processID, let key):
            integer(processID)
            append(key)
        case .parameterStatus(let name, let value):
            text(name)
            text(value)
        case .negotiateVersion(let minor, let options):
            integer(minor)
            integer(Int32(clamping: options.count))
            for option in options { text(option) }
        case .readyForQuery(let status): byte(status.rawValue)
        case .commandComplete(let tag): text(tag)
        case .parameterDescription(let types):
            integer(Int16(truncatingIfNeeded: types.count))
            for type in types { integer(type) }
        case .copyData(let data): append(data)
        case .rowDescription(let fields): write(fields)
        case .dataRow(let values): write(values)
        case .copyOut(let format, let columns): write(format, columns)
        case .error(let fault), .notice(let fault): write(fault)
        case .emptyQuery, .parseComplete, .bindComplete, .closeComplete, .noData, .portalSuspended, .copyDone: break
        }
        end(start)
    }

    private mutating func write(_ fields: [WireField]) {
        integer(Int16(truncatingIfNeeded: fields.count))
        for field in fields {
            text(field.name)
            integer(field.table)
            integer(field.column)
            integer(field.type)
            integer(field.size)
            integer(field.modifier)
            integer(field.format.rawValue)
        }
    }

    private mutating func write(_ values: [[UInt8]?]) {
        integer(Int16(truncatingIfNeeded: values.count))
        for value in values {
            guard let value else {
                null()
                continue
            }
            self.value { $0 += value }
        }
    }

    private mutating func write(_ format: WireFormat, _ columns: Int) {
        byte(UInt8(truncatingIfNeeded: format.rawValue))
        integer(Int16(truncatingIfNeeded: columns))
        for _ in 0..<columns { integer(format.rawValue) }
    }

    private mutating func write(_ fault: PostgresFault) {
        func field(_ code: Character, _ value: String?, _ writer: inout BackendWriter) {
            guard let value, let code = code.asciiValue else { return }
            writer.byte(code)
            writer.text(value)
        }
        field("S", fault.severity.rawValue, &self)
        field("V", fault.severity.rawValue, &self)
        field("C", fault.state.rawValue, &self)
        field("M", fault.message, &self)
        field("D", fault.detail, &self)
        field("H", fault.hint, &self)
        field("P", fault.position.map(String.init), &self)
        field("R", fault.routine, &self)
        byte(0)
    }
}

extension BackendMessage {
    fileprivate var type: UInt8 {
        switch self {
        case .authenticationOk, .authenticationPassword, .authenticationMechanisms, .authenticationContinue, .authenticationFinal: UInt8(ascii: "R")
        case .keyData: UInt8(ascii: "K")
        case .parameterStatus: UInt8(ascii: "S")
        case .negotiateVersion: UInt8(ascii: "v")
        case .readyForQuery: UInt8(ascii: "Z")
        case .rowDescription: UInt8(ascii: "T")
        case .dataRow: UInt8(ascii: "D")
        case .commandComplete: UInt8(ascii: "C")
        case .emptyQuery: UInt8(ascii: "I")
        case .error: UInt8(ascii: "E")
        case .notice: UInt8(ascii: "N")
        case .parseComplete: UInt8(ascii: "1")
        case .bindComplete: UInt8(ascii: "2")
        case .closeComplete: UInt8(ascii: "3")
        case .noData: UInt8(ascii: "n")
        case .parameterDescription: UInt8(ascii: "t")
        case .portalSuspended: UInt8(ascii: "s")
        case .copyOut: UInt8(ascii: "H")
        case .copyData: UInt8(ascii: "d")
        case .copyDone: UInt8(ascii: "c")
        }
    }
}
