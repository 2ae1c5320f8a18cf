/// How sales spread over years, weeks and hours: growth from year to year, December's rush, a quiet January, weekends, and the
/// noon and evening peaks. Receipt numbers run in the order of their time.
struct Seasons {
    private let firstDay: Int
    /// `starts[d]` is the number of the first receipt of day d; one more entry than days.
    private let starts: [Int]
    /// Of a day's receipts, the share before each hour: 25 entries from 0 to 1.
    private static let hours: [Double] = {
        let weights: [Double] = [1, 1, 0, 0, 0, 1, 4, 10, 16, 20, 24, 28, 36, 34, 28, 26, 30, 40, 48, 44, 32, 20, 10, 4]
        let total = weights.reduce(0, +)
        var sum = 0.0
        return [0] + weights.map { weight in
            sum += weight / total
            return sum
        }
    }()

    init(receiptCount: Int, firstDay: Int, dayCount: Int) {
        self.firstDay = firstDay
        var weights: [Double] = []
        weights.reserveCapacity(dayCount)
        for offset in 0..<dayCount { weights.append(Self.weight(day: firstDay + offset, yearsIn: Double(offset) / 365.25)) }
        let total = weights.reduce(0, +)
        var sum = 0.0
        var starts = [0]
        for weight in weights {
            sum += weight
            starts.append(Int((sum / total * Double(receiptCount)).rounded()))
        }
        self.starts = starts
    }

    private static func weight(day: Int, yearsIn: Double) -> Double {
        let date = CivilDate(daysSince1970: day)
        let weekday = (day + 3) % 7  // Monday is 0: 1970-01-01 was a Thursday.
        let week = [0.9, 0.85, 0.9, 0.95, 1.2, 1.35, 1.1][(weekday + 7) % 7]
        let month = [0.8, 0.85, 0.95, 1.0, 1.0, 0.95, 0.9, 0.95, 1.0, 1.0, 1.1, 1.5][date.month - 1]
        let rush = date.month == 12 && date.day >= 20 ? 1.4 : date.month == 1 && date.day == 1 ? 0.3 : 1
        return week * month * rush * (1 + 0.04 * yearsIn)
    }

    /// Local seconds since 1970-01-01T00:00 of receipt `index`, rising with it.
    func localSecond(of index: Int) -> Int {
        var low = 0
        var high = starts.count - 1
        while low + 1 < high {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        let count = max(starts[low + 1] - starts[low], 1)
        let share = (Double(index - starts[low]) + 0.5) / Double(count)
        let hour = max((Self.hours.firstIndex { $0 > share } ?? 24) - 1, 0)
        let within = (share - Self.hours[hour]) / max(Self.hours[hour + 1] - Self.hours[hour], 1e-9)
        return (firstDay + low) * 86_400 + hour * 3_600 + min(Int(within * 3_600), 3_599)
    }
}

/// A day of the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
struct CivilDate {
    var year: Int
    var month: Int
    var day: Int

    init(daysSince1970: Int) {
        let shifted = daysSince1970 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
