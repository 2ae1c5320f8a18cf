/// Text written straight into bytes: a receipt costs no allocation.
extension [UInt8] {
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    /// Decimal digits, zeros before them up to `width`. `value` is not negative.
    mutating func append(integer value: Int, width: Int) {
        let start = count
        var rest = value
        repeat {
            append(UInt8(48 + rest % 10))
            rest /= 10
        } while rest > 0
        while count - start < width { append(48) }
        self[start...].reverse()
    }

    /// 16 digits.
    mutating func append(hexadecimal value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift) & 15)
            append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }

    mutating func append(hundredths value: Int) {
        append(integer: value / 100, width: 1)
        append(46)
        append(integer: value % 100, width: 2)
    }

    mutating func append(thousandths value: Int) {
        append(integer: value / 1_000, width: 1)
        if value % 1_000 != 0 {
            append(46)
            append(integer: value % 1_000, width: 3)
        }
    }

    /// `yyyy-MM-ddTHH:mm:ss` of local seconds since 1970.
    mutating func append(time second: Int) {
        let date = CivilDate(daysSince1970: second / 86_400)
        append(integer: date.year, width: 4)
        append(45)
        append(integer: date.month, width: 2)
        append(45)
        append(integer: date.day, width: 2)
        append(84)
        append(integer: second % 86_400 / 3_600, width: 2)
        append(58)
        append(integer: second % 3_600 / 60, width: 2)
        append(58)
        append(integer: second % 60, width: 2)
    }
}
