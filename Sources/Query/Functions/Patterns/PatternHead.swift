/// What a pattern says of itself before it begins: `***=` and options in brackets, PostgreSQL 15's documentation, section 9.7.3.4.
///
///     head = [ "***:" ] [ "(?" options ")" ] | "***="
///
/// | option | means |
/// | --- | --- |
/// | `i`, `c` | cases do not count, and do |
/// | `n`, `m`, `p`, `w`, `s` | line ends, as flags of functions say them |
/// | `x`, `t` | blanks and comments between the parts, and none |
/// | `q` | no pattern, but the text itself, as behind `***=` |
///
/// What it says goes before what the operator or the function's flags say.
struct PatternHead {
    private(set) var ignoringCase: Bool
    private(set) var flags: String
    /// The pattern behind it.
    private(set) var rest: [UInt8]

    /// - Throws: `.outside(.badPattern)` for options that there are none of; `.outside(.notSupported)` for patterns of the older kinds.
    init(_ pattern: [UInt8], ignoringCase: Bool, flags: String) throws(KernelError) {
        (self.ignoringCase, self.flags, rest) = (ignoringCase, flags, pattern)
        // A text has nothing to say.
        if flags.contains("q") { return }
        if pattern.starts(with: "***".utf8) {
            switch pattern.dropFirst(3).first {
            case UInt8(ascii: "="): self.flags += "q"
            case UInt8(ascii: ":"): break
            default: throw PatternReader.bad("nothing to repeat")
            }
            rest = Array(pattern.dropFirst(4))
            if self.flags.contains("q") { return }
        }
        try readOptions()
    }

    /// Of a pattern that says nothing of itself, whatever it begins with.
    init(silent pattern: [UInt8], ignoringCase: Bool, flags: String) { (self.ignoringCase, self.flags, rest) = (ignoringCase, flags, pattern) }

    /// What has options or names that PostgreSQL has not, is left to RE2.
    private mutating func readOptions() throws(KernelError) {
        guard rest.starts(with: "(?".utf8), rest.count > 2, (0x61...0x7A).contains(rest[2] | 0x20), let end = rest.firstIndex(of: UInt8(ascii: ")")) else { return }
        var (ignoringCase, flags) = (ignoringCase, flags)
        for byte in rest[2..<end] {
            switch Character(Unicode.Scalar(byte)) {
            case "i": ignoringCase = true
            case "c": ignoringCase = false
            case "b", "e": throw .outside(.notSupported, "patterns of the older kinds, (?b) and (?e), are not supported")
            case let flag where AdvancedPattern.flags.contains(flag): flags.append(flag)
            default: return
            }
        }
        (self.ignoringCase, self.flags) = (ignoringCase, flags)
        rest = Array(rest[(end + 1)...])
    }
}
