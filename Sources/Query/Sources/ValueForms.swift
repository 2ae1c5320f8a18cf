/// How values are written where they become texts: PostgreSQL's settings `IntervalStyle`, `bytea_output`, `extra_float_digits` and `DateStyle`, as a session has them.
///
/// One value, which goes wherever the session's zone goes: what a question's casts write and what the door writes are the same.
package struct ValueForms: Hashable, Sendable {
    package var intervals: IntervalStyle
    /// `\000Al` and not `\x00416c`.
    package var escapesBytes: Bool
    /// `extra_float_digits` where it is not above 0; nil for the fewest digits that tell a number from its neighbours.
    package var extraFloatDigits: Int?
    /// Nil for ISO's.
    package var dates: DateStyle?

    package init(intervals: IntervalStyle = .postgres, escapesBytes: Bool = false, extraFloatDigits: Int? = nil, dates: DateStyle? = nil) {
        (self.intervals, self.escapesBytes, self.extraFloatDigits, self.dates) = (intervals, escapesBytes, extraFloatDigits, dates)
    }

    /// Of whoever says nothing.
    package static let plain = ValueForms()
}
