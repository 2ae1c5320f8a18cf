import CICU
import ColumnStore

/// Texts as ICU makes them of others: it takes and gives UTF-16, a whole text at once.
///
/// A text costs its memory several times over while it is worked on: all of it is charged first, and given back when the result is there.
struct UnicodeText {
    /// Longer ones are refused, as by `Collator`.
    static let textByteCountMax = Collator.textByteCountMax

    /// Writes what is made to a buffer as far as it fits; its length, or a negative number where it cannot be made.
    typealias Making = (_ text: [UInt16], _ buffer: UnsafeMutableBufferPointer<UInt16>) -> Int32

    private let meter: WorkMeter

    init(_ meter: WorkMeter) { self.meter = meter }

    /// The units of a text, charged for.
    func units(_ text: ArraySlice<UInt8>) throws(KernelError) -> [UInt16] {
        guard text.count <= Self.textByteCountMax else { throw .invalidArgument("a text of more than \(Self.textByteCountMax >> 20) MiB is not looked at by the rules of Unicode") }
        try Self.spendOnMarks(text, meter)
        // A text of its own and its units, whose array grows by doubling.
        try meter.charge(8 * text.count)
        try meter.step(16 * text.count + 16)
        return Array(String(decoding: text, as: UTF8.self).utf16)
    }

    /// What `make` makes of a text. Some letters become many: the length is asked for before room is taken for them.
    ///
    /// - Throws: `.invalidArgument` for a text past `textByteCountMax`, and where ICU fails; `.textTooLong` past what its 32-bit lengths hold.
    func made(of text: ArraySlice<UInt8>, _ make: Making) throws(KernelError) -> [UInt8] {
        let mark = meter.mark
        let units = try units(text)
        defer { meter.settle(since: mark) }
        // Half as much again holds nearly every text; a length past the buffer says what a second attempt needs.
        var (made, length) = try attempt(units, units.count + units.count / 2 + 16, make)
        if length > made.count { (made, length) = try attempt(units, length, make) }
        guard length >= 0, length <= made.count else { throw .invalidArgument("ICU cannot make this text") }
        try meter.charge(3 * length)
        return Array(String(decoding: made[..<length], as: UTF16.self).utf8)
    }

    /// - Parameter count: of the buffer, in units of UTF-16.
    private func attempt(_ units: [UInt16], _ count: Int, _ make: Making) throws(KernelError) -> (made: [UInt16], length: Int) {
        guard let size = Int32(exactly: count) else { throw .textTooLong }
        try meter.charge(2 * count)
        var made = [UInt16](repeating: 0, count: Int(size))
        let length = made.withUnsafeMutableBufferPointer { make(units, $0) }
        return (made, Int(length))
    }

    /// ICU puts marks into order as it goes, and cannot be stopped: a tenth of a second or two at most.
    private static let orderingStepCountMax = 1 << 26

    /// Charges what marks that stand in a row take, however they are put into order.
    ///
    /// - Throws: `.invalidArgument` for a text of too many.
    static func spendOnMarks(_ text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) {
        try meter.step(text.count)
        let steps = CombiningMarks.orderingSteps(text)
        guard steps <= orderingStepCountMax else { throw .invalidArgument("a text with so many combining marks in a row is not looked at by the rules of Unicode") }
        try meter.step(steps)
    }

    /// Characters of ASCII alone: most rules leave them as they are.
    static func isPlain(_ text: ArraySlice<UInt8>) -> Bool { text.allSatisfy { $0 < 0x80 } }
}
