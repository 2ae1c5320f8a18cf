import TestSupport

@testable import Server

/// Values by chance, often at the ends of their types.
enum RandomPostgresValue {
    static func make(_ type: PostgresType, using random: inout SplitMix64) -> PostgresValue {
        switch type.form {
        case .bool: return .bool(.random(using: &random))
        case .int16: return .int16(integer(using: &random))
        case .int32: return .int32(integer(using: &random))
        case .int64: return .int64(integer(using: &random))
        case .float32: return .float32(Int.random(in: 0..<2, using: &random) == 0 ? Float(bitPattern: integer(using: &random)) : Float(Int.random(in: -2_000_000...2_000_000, using: &random)) / 64)
        case .float64: return .float64(Int.random(in: 0..<2, using: &random) == 0 ? Double(bitPattern: integer(using: &random)) : Double(Int.random(in: -2_000_000...2_000_000, using: &random)) / 100)
        case .numeric: return .numeric(numeric(using: &random))
        case .text: return .text(type == .json ? json(using: &random) : text(max: type == .name ? 15 : 40, using: &random))
        case .jsonb: return .text(json(using: &random))
        case .bytes: return .bytes((0..<Int.random(in: 0...20, using: &random)).map { _ in .random(in: 0...255, using: &random) })
        case .bits: return .bits((0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0x30...0x31, using: &random) })
        case .character: return .character(.random(in: 0x20...0x7E, using: &random))
        case .date:
            let days: Int32 = [.max, .min, -2_451_545, 2_145_031_948, 0, -730_500, -730_119, -730_120].randomElement(using: &random) ?? 0
            return .date(Int.random(in: 0..<3, using: &random) == 0 ? days : .random(in: -1_000_000...1_000_000, using: &random))
        case .time: return .time([0, 86_400_000_000, 1, .random(in: 0...86_400_000_000, using: &random), .random(in: 0...86_399, using: &random) * 1_000_000].randomElement(using: &random) ?? 0)
        case .timestamp, .instant:
            let ends: Int64 = [.max, .min, -211_813_488_000_000_000 + 86_400_000_000, 9_223_371_331_200_000_000 - 86_400_000_001, 0, -1].randomElement(using: &random) ?? 0
            if Int.random(in: 0..<4, using: &random) == 0 { return .timestamp(ends) }
            let unit: Int64 = [1, 1_000, 1_000_000].randomElement(using: &random) ?? 1
            return .timestamp(.random(in: -60_000_000_000_000_000...20_000_000_000_000_000, using: &random) / unit * unit)
        case .interval:
            // Parts of both signs; years and months of one, as PostgreSQL keeps them.
            return .interval(months: .random(in: -40_000...40_000, using: &random), days: [0, 1, -1, .random(in: -4_000...4_000, using: &random)].randomElement(using: &random) ?? 0, microseconds: [0, 1, -1, .random(in: -400_000_000_000_000...400_000_000_000_000, using: &random)].randomElement(using: &random) ?? 0)
        case .uuid: return .uuid((0..<16).map { _ in .random(in: 0...255, using: &random) })
        // Rows go out only: nothing reads these.
        case .record: return .text(text(max: 10, using: &random))
        case .oid: return .oid([0, .max, .random(in: 0...100_000, using: &random)].randomElement(using: &random) ?? 0)
        case .vector:
            let values = (0..<Int.random(in: 0...4, using: &random)).map { _ in make(type == .int2vector ? .int2 : .oid, using: &random) }
            return .array(PostgresArray(type == .int2vector ? .int2 : .oid, dimensions: [.init(count: Int32(values.count), first: 0)], values: values))
        }
    }

    static func array(_ type: PostgresType, using random: inout SplitMix64) -> PostgresArray {
        let dimensions = (0..<Int.random(in: 0...3, using: &random)).map { _ in PostgresArray.Dimension(count: .random(in: 1...3, using: &random), first: [1, 1, 1, 0, -3, 5].randomElement(using: &random) ?? 1) }
        let count = dimensions.isEmpty ? 0 : dimensions.reduce(1) { $0 * Int($1.count) }
        let values = (0..<count).map { _ in Int.random(in: 0..<6, using: &random) == 0 ? PostgresValue.null : make(type == .char ? .int2 : type, using: &random) }
        return PostgresArray(type, dimensions: dimensions, values: type.form == .vector || type == .char ? [] : values)
    }

    private static func integer<Integer: FixedWidthInteger>(using random: inout SplitMix64) -> Integer {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: [Integer.min, .max, 0, 1].randomElement(using: &random) ?? 0
        case 1: Integer(truncatingIfNeeded: Int.random(in: -100...100, using: &random))
        default: Integer.random(in: .min ... .max, using: &random)
        }
    }

    private static func numeric(using random: inout SplitMix64) -> PostgresNumeric {
        if Int.random(in: 0..<10, using: &random) == 0 {
            let sign: PostgresNumeric.Sign = [.notANumber, .infinity, .negativeInfinity].randomElement(using: &random) ?? .infinity
            return PostgresNumeric(sign: sign, weight: 0, scale: 0, digits: [])
        }
        let digits = (0..<Int.random(in: 0...12, using: &random)).map { _ in [0, 9_999, 1, 1_000, UInt16.random(in: 0...9_999, using: &random)].randomElement(using: &random) ?? 0 }
        return PostgresNumeric(sign: Bool.random(using: &random) ? .positive : .negative, weight: .random(in: -6...8, using: &random), scale: .random(in: 0...30, using: &random), digits: digits)
    }

    private static let pieces = ["a", "Z", "é", "Київ", " ", ",", "\"", "\\", "{", "}", "null", "NULL", "'", "\t", "\n", "😀", "1"]

    private static func text(max: Int, using random: inout SplitMix64) -> [UInt8] {
        let text = (0..<Int.random(in: 0...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        return Array(text.utf8).count <= max ? Array(text.utf8) : Array("x".utf8)
    }

    private static func json(using random: inout SplitMix64) -> [UInt8] {
        Array((["{}", "[1, 2.50, null]", "{\"a\": {\"b\": \"é\"}}", "\"x\\ny\"", "12345678901234567890.10", "true"].randomElement(using: &random) ?? "{}").utf8)
    }

    /// What no generator finds soon.
    static let corners: [(PostgresType, String)] = [
        (.float8, "1e15"), (.float8, "999999999999999"), (.float8, "1e-4"), (.float8, "1e-5"), (.float8, "0.0001234"), (.float8, "-0"), (.float8, "1.7976931348623157e308"), (.float8, "5e-324"), (.float8, "123456.5"),
        (.float8, "100"), (.float4, "1e6"), (.float4, "999999"), (.float4, "1e5"), (.float4, "16777216"), (.float4, "1e-45"), (.float4, "3.4028235e38"), (.float4, "0.1"), (.float4, "-0"),
        (.numeric, "0"), (.numeric, "0.000"), (.numeric, "-0.00010000"), (.numeric, "1e20"), (.numeric, "1.5e-10"), (.numeric, "10000"), (.numeric, "100000000.00000001"), (.numeric, "0.00000000000000000001"),
        (.numeric, "99999999999999999999999999999999999999"), (.date, "0001-01-01"), (.date, "0001-12-31 BC"), (.date, "4714-11-24 BC"), (.date, "5874897-12-31"), (.timestamp, "0001-01-01 00:00:00"),
        (.timestamp, "0044-03-15 12:00:00.5 BC"), (.timestamp, "294276-12-31 23:59:59.999999"), (.timestamp, "4714-11-24 00:00:00 BC"), (.interval, "00:00:00"), (.interval, "-00:00:01"), (.interval, "1 year -1 days +00:00:01"),
        (.interval, "-1 mons +1 day"), (.interval, "178956970 years 7 mons"), (.interval, "2147483647 days 2562047788:00:54.775807"), (.text, ""), (.time, "24:00:00"), (.bytea, "\\x"), (.bool, "yes"), (.uuid, "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
    ]
}
