/// When something is to happen, as the Vixie cron writes it: minute, hour, day of the month, month, weekday.
///
/// Where neither kind of day begins with a star, either will do; else both must.
package struct CronExpression: Sendable, Equatable {
    package let text: String
    package let minute: CronField
    package let hour: CronField
    package let day: CronField
    package let month: CronField
    package let weekday: CronField

    /// - Throws: where and why the text is none, also that its day never comes (30 February).
    package init(_ text: String) throws(ExpressionFault) {
        var parser = CronParser(text)
        let fields = try parser.fields()
        self.text = text
        (minute, hour, day, month, weekday) = (fields[0], fields[1], fields[2], fields[3], fields[4])
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let comes = month.values.contains { month in (1...lengths[month - 1]).contains { day.allows($0) } }
        guard comes || isEitherDay else { throw ExpressionFault(offset: 0, "no month of it has such a day") }
    }

    /// - Parameter weekday: 0 is Sunday.
    package func allowsDay(month: Int, day: Int, weekday: Int) -> Bool {
        guard self.month.allows(month) else { return false }
        let (isDay, isWeekday) = (self.day.allows(day), self.weekday.allows(weekday))
        return isEitherDay ? isDay || isWeekday : isDay && isWeekday
    }

    private var isEitherDay: Bool { !day.beginsWithStar && !weekday.beginsWithStar }
}
