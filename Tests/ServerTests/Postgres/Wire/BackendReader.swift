@testable import Server

/// A server's bytes as messages, for tests: the shape of what is said.
enum BackendReader {
    /// Each message as a line: its type, and what of it two servers must agree on.
    static func shapes(_ bytes: [UInt8]) throws -> [String] {
        var reader = WireReader(bytes)
        var shapes: [String] = []
        while !reader.isAtEnd {
            let type = try reader.byte()
            let length = try reader.integer(Int32.self)
            var body = WireReader(try reader.take(Int(length) - 4))
            shapes.append(try shape(Character(UnicodeScalar(type)), &body))
        }
        return shapes
    }

    private static func shape(_ type: Character, _ body: inout WireReader) throws -> String {
        switch type {
        case "C": return "C \(try body.text())"
        case "Z": return "Z \(Character(UnicodeScalar(try body.byte())))"
        case "E", "N": return "\(type) \(try fault(&body))"
        case "S": return "S \(try body.text())=\(try body.text())"
        case "t": return "t " + (try (0..<Int(body.integer(Int16.self))).map { _ in String(try body.integer(UInt32.self)) }).joined(separator: ",")
        case "T":
            var fields: [String] = []
            for _ in 0..<Int(try body.integer(Int16.self)) {
                let name = try body.text()
                _ = try body.take(6)
                fields.append("\(name):\(try body.integer(UInt32.self)):\(try body.integer(Int16.self)):\(try body.integer(Int32.self)):\(try body.integer(Int16.self))")
            }
            return "T " + fields.joined(separator: " ")
        case "D":
            var values: [String] = []
            for _ in 0..<Int(try body.integer(Int16.self)) { values.append(try body.value().map { "\(Array($0))" } ?? "NULL") }
            return "D " + values.joined(separator: " ")
        default: return "\(type) \(Array(body.rest()))"
        }
    }

    private static func fault(_ body: inout WireReader) throws -> String {
        var severity = "", state = ""
        while true {
            let code = try body.byte()
            if code == 0 { return "\(severity) \(state)" }
            let value = try body.text()
            if code == UInt8(ascii: "V") { severity = value }
            if code == UInt8(ascii: "C") { state = value }
        }
    }
}
