import Server

/// A client's messages as bytes, for tests.
struct FrontendWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func message(_ type: Character?, _ body: [UInt8]) {
        if let type = type?.asciiValue { bytes.append(type) }
        bytes += Self.integer(Int32(body.count + 4)) + body
    }

    static func integer<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    mutating func startup(_ parameters: [(String, String)], version: Int32 = 196_608) {
        message(nil, Self.integer(version) + parameters.flatMap { Self.text($0) + Self.text($1) } + [0])
    }

    mutating func startupPacket(_ body: [UInt8]) { message(nil, body) }
    mutating func raw(_ type: Character, _ body: [UInt8]) { message(type, body) }

    mutating func write(_ sent: FrontendMessage) {
        switch sent {
        case .query(let text): message("Q", Self.text(text))
        case .parse(let parse):
            message("P", Self.text(parse.name) + Self.text(parse.query) + Self.integer(Int16(parse.parameterTypes.count)) + parse.parameterTypes.flatMap { Self.integer($0) })
        case .bind(let bind): message("B", Self.body(bind))
        case .describe(let target): message("D", Self.body(target))
        case .execute(let portal, let rows): message("E", Self.text(portal) + Self.integer(Int32(rows)))
        case .close(let target): message("C", Self.body(target))
        case .sync: message("S", [])
        case .flush: message("H", [])
        case .password(let bytes): message("p", bytes)
        case .copyData(let bytes): message("d", bytes)
        case .copyDone: message("c", [])
        case .copyFail(let text): message("f", Self.text(text))
        case .functionCall: message("F", [])
        case .terminate: message("X", [])
        }
    }

    private static func body(_ target: FrontendMessage.Target) -> [UInt8] {
        switch target {
        case .statement(let name): Array("S".utf8) + text(name)
        case .portal(let name): Array("P".utf8) + text(name)
        }
    }

    private static func body(_ bind: FrontendMessage.Bind) -> [UInt8] {
        func formats(_ formats: [WireFormat]) -> [UInt8] { integer(Int16(formats.count)) + formats.flatMap { integer($0.rawValue) } }
        let values = bind.parameters.flatMap { value in value.map { integer(Int32($0.count)) + $0 } ?? integer(-1 as Int32) }
        return text(bind.portal) + text(bind.statement) + formats(bind.parameterFormats) + integer(Int16(bind.parameters.count)) + values + formats(bind.resultFormats)
    }
}
