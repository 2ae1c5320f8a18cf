import ColumnStore
import Processes
import TestSupport

/// A JSON value by its text.
func json(_ text: String) throws -> JSONValue { try ValueLimits.parse(Array(text.utf8)) }

extension JSONValue {
    var textForm: String { String(decoding: serialized, as: UTF8.self) }
}

extension Evaluation {
    /// Over data and context as texts, with a chance of its own.
    init(_ data: String, context: String = "{}", seed: UInt8 = 1) throws {
        self.init(data: try json(data), context: try json(context), chance: Chance(secret: [seed]))
    }
}

/// Small values at random: few names and few texts, so that they meet.
struct ValueMaker {
    var random: SplitMix64

    mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    mutating func value(depth: Int) -> JSONValue {
        switch below(depth > 0 ? 8 : 5) {
        case 0: return .null
        case 1: return .boolean(below(2) == 0)
        case 2: return .number(["0", "1", "-1", "1.0", "10e-1", "12345678901234567890", "0.1"][below(7)])
        case 3, 4: return .string(["", "a", "b", "ä", "1", "\u{1F600}", "a\"\\\n"][below(7)])
        case 5, 6: return .array((0..<below(4)).map { _ in value(depth: depth - 1) })
        default:
            var members: [JSONValue.Member] = []
            for name in ["a", "b", "c", "d e"] where below(2) == 0 { members.append(.init(name, value(depth: depth - 1))) }
            return .object(members)
        }
    }
}
