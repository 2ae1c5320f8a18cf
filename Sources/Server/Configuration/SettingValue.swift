internal import ColumnStore
internal import Query

/// One value out of the file or the environment, with the key to name when it is wrong.
struct SettingValue {
    let key: String
    let value: JSONValue
    /// Of the environment or the command line, which have text only: there digits are a number.
    var isText = false

    /// - Parameter wanted: what would do; what came is said with it.
    private func fault(_ wanted: String, near: String? = nil) -> SettingError {
        SettingError(key: key, message: "\(wanted), not \(received())\(near.map { "; did you mean \($0)?" } ?? "")")
    }

    /// The value as an error may show it: no secret, no URL with a password in it, and of other URLs scheme and host: a path and a query may have a token. Those of a file have none.
    ///
    /// - Parameter isURL: it is to be one: where its scheme is missing or misspelt, what stands before a path or a query is its host.
    func received(asURL isURL: Bool = false) -> String {
        let isSecret = key.split(separator: ".").last.map { $0.contains("secret") || $0.contains("token") } ?? false
        // Nothing is no secret.
        if isSecret && value.text?.isEmpty != true || value.text?.contains("@") ?? false { return value.kind }
        guard let text = value.text else { return MemberReader.shown(value) }
        guard let host = text.firstRange(of: "://")?.upperBound ?? (isURL ? text.startIndex : nil), !text.hasPrefix("file:"),
            let end = text[host...].firstIndex(where: { "/?#\\".contains($0) })
        else { return MemberReader.shown(text) }
        return MemberReader.shown(String(text[..<end]) + "…")
    }

    var isNull: Bool { value == .null }

    func string() throws -> String {
        guard let text = value.text, !text.isEmpty else { throw fault(value.text == nil ? "a string is wanted" : "a string that is not empty is wanted") }
        return text
    }

    func stringOrNull() throws -> String? { isNull ? nil : try string() }

    /// An instant, or a date meaning its midnight UTC; in microseconds since 1970.
    func instantOrNull() throws -> Int64? {
        if isNull { return nil }
        guard let text = value.text, let instant = CalendarText.instant(text) ?? CalendarText.day(text).map({ Int64($0) * 86_400_000_000 }) else {
            throw fault("an instant like 2026-11-20T12:00:00Z, or a date, is wanted")
        }
        return instant
    }

    func integer(_ range: ClosedRange<Int>) throws -> Int {
        let number: Int? =
            switch value {
            case .number(let digits): Int(digits)
            case .string(let text) where isText: Int(text)
            default: nil
            }
        guard let number, range.contains(number) else {
            throw fault("an integer from \(range.lowerBound) to \(range.upperBound) is wanted")
        }
        return number
    }

    func boolean() throws -> Bool {
        if let flag = value.boolean { return flag }
        if isText, let flag = value.text.flatMap({ Bool($0) }) { return flag }
        throw fault("true or false is wanted")
    }

    private static let durationUnits: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400),
    ]

    /// A hundred years: in nanoseconds they still fit in 64 bits, with room to be added to an instant.
    private static let durationSecondsMax = 36_500.0 * 86_400

    /// `500ms`, `60s`, `5m`, `1h`, `7d`, in seconds.
    func duration() throws -> Double {
        let fault = fault("a duration like 500ms, 60s, 5m, 1h or 7d is wanted, at most 36500d")
        guard let text = value.text, let unit = Self.durationUnits.first(where: { text.hasSuffix($0.suffix) }) else { throw fault }
        let digits = text.dropLast(unit.suffix.count)
        guard let number = Int(digits), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), number > 0, Double(number) * unit.seconds <= Self.durationSecondsMax
        else { throw fault }
        return Double(number) * unit.seconds
    }

    private static let sizeUnits: [(suffix: String, shift: Int)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("B", 0)]

    /// `64KiB`, `1MiB`, `1GiB`, or a number of bytes.
    func size(_ range: ClosedRange<Int>) throws -> Int {
        let fault = fault("a size like 64KiB, 1MiB or 1GiB is wanted, from \(range.lowerBound) to \(range.upperBound) bytes")
        let byteCount: Int?
        switch value {
        case .number(let digits): byteCount = Int(digits)
        case .string(let text):
            if let unit = Self.sizeUnits.first(where: { text.hasSuffix($0.suffix) }) {
                let (product, overflows) = (Int(text.dropLast(unit.suffix.count)) ?? -1).multipliedReportingOverflow(by: 1 << unit.shift)
                byteCount = overflows ? nil : product
            } else {
                byteCount = isText ? Int(text) : nil
            }
        default: byteCount = nil
        }
        guard let byteCount, range.contains(byteCount) else { throw fault }
        return byteCount
    }

    func strings() throws -> [String] {
        guard case .array(let elements) = value else { throw fault("an array of strings is wanted") }
        return try elements.enumerated().map { try SettingValue(key: "\(key).\($0.offset)", value: $0.element).string() }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws -> Choice where Choice.RawValue == String {
        guard let text = value.text, let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue)
            throw fault("one of \(names.joined(separator: ", ")) is wanted", near: value.text.flatMap { NameSuggestion.closest(to: $0, among: names) })
        }
        return choice
    }

    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`, `:8080`.
    func address() throws -> (host: String, port: UInt16) {
        guard let text = value.text, let address = Self.address(text) else {
            throw fault("an address like 127.0.0.1:8080 or [::1]:8080 is wanted")
        }
        return address
    }

    private static func address(_ text: String) -> (host: String, port: UInt16)? {
        // Swift reads a number with a sign as well.
        guard let colon = text.lastIndex(of: ":"), case let digits = text[text.index(after: colon)...], digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return (String(host), port)
    }
}
