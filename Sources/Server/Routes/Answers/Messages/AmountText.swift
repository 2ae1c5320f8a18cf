internal import Query

/// Durations and sizes as settings write them: `14d`, `5m`, `500ms`, `5GiB`.
enum AmountText {
    private static let units: [(suffix: String, microseconds: Int64)] = [
        ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]
    private static let sizes: [(suffix: String, shift: Int)] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)]

    /// In microseconds; nil for what is none. No sign and no fraction.
    static func duration(_ text: String) -> Int64? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }), let number = number(text.dropLast(unit.suffix.count)) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.microseconds)
        return overflow ? nil : product
    }

    /// The largest unit that says it whole.
    static func text(duration: Int64) -> String {
        if duration == 0 { return "0s" }
        let unit = units.last { duration % $0.microseconds == 0 } ?? ("ms", 1_000)
        return "\(duration / unit.microseconds)\(unit.suffix)"
    }

    static func size(_ text: String) -> Int? {
        guard let unit = sizes.first(where: { text.hasSuffix($0.suffix) }), let number = number(text.dropLast(unit.suffix.count)) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << unit.shift)
        return overflow ? nil : Int(product)
    }

    static func text(size: Int) -> String {
        let unit = sizes.first { size != 0 && size % (1 << $0.shift) == 0 } ?? ("B", 0)
        return "\(size >> unit.shift)\(unit.suffix)"
    }

    private static func number(_ digits: Substring) -> Int64? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
    }
}
