import ColumnStore
import XCTest

@testable import Query

/// Goal: a coarser grouping is answered from a finer one exactly where each of its steps is made of whole finer ones. Method: two centuries of days, each unit against each: a step lies in
/// another where no day begins the other one alone.
final class RollupCalendarTests: XCTestCase {
    /// With the ends of decades, centuries and a millennium among them.
    private static let days = Calendar.days(year: 1899, month: 1, day: 1)...Calendar.days(year: 2101, month: 12, day: 31)

    /// Which step a day lies in, by a number of its own.
    private static let units: [String: @Sendable (Int) -> Int] = [
        "day": { $0 },
        // 1969-12-29 was a Monday.
        "week": { ($0 + 3 + 700_000) / 7 },
        "month": { Calendar.day(fromDays: $0).year * 12 + Calendar.day(fromDays: $0).month },
        "quarter": { Calendar.day(fromDays: $0).year * 4 + (Calendar.day(fromDays: $0).month - 1) / 3 },
        "year": { Calendar.day(fromDays: $0).year },
        "decade": { Calendar.day(fromDays: $0).year / 10 },
        "century": { (Calendar.day(fromDays: $0).year - 1) / 100 },
        "millennium": { (Calendar.day(fromDays: $0).year - 1) / 1_000 },
    ]
    private static let fields: [String: @Sendable (Int) -> Int] = [
        "year": { Calendar.day(fromDays: $0).year }, "decade": { Calendar.day(fromDays: $0).year / 10 }, "century": { (Calendar.day(fromDays: $0).year - 1) / 100 },
        "millennium": { (Calendar.day(fromDays: $0).year - 1) / 1_000 }, "month": { Calendar.day(fromDays: $0).month }, "quarter": { (Calendar.day(fromDays: $0).month - 1) / 3 },
        "week": { Calendar.isoWeek(days: $0).week }, "isoyear": { Calendar.isoWeek(days: $0).year }, "day": { Calendar.day(fromDays: $0).day }, "dow": { Calendar.weekday(days: $0) },
        "doy": { $0 - Calendar.days(year: Calendar.day(fromDays: $0).year, month: 1, day: 1) },
    ]

    /// Days on which something is another than on the day before.
    private static func changes(_ of: (Int) -> Int) -> Set<Int> {
        var changes: Set<Int> = [], last = of(days.lowerBound)
        for day in days.dropFirst() {
            let now = of(day)
            if now != last { changes.insert(day) }
            last = now
        }
        return changes
    }

    /// A single change proves nothing: the one millennium that begins here did so on a Monday, as a week does.
    private static func check(_ claim: Bool, _ changes: Set<Int>, within ends: Set<Int>, _ words: String) {
        if claim || changes.count > 1 { XCTAssertEqual(claim, changes.isSubset(of: ends), words) }
    }

    func test_isCoarser_ofEachUnit_isWhereNoStepIsCut() {
        XCTAssertEqual(Set(Self.units.keys), RollupCalendar.units)
        let begins = Self.units.mapValues(Self.changes)
        for (fine, ends) in begins {
            for (coarse, others) in begins {
                Self.check(RollupCalendar.isCoarser(coarse, than: fine), others, within: ends, "\(coarse) of \(fine)s")
            }
        }
        XCTAssertFalse(RollupCalendar.isCoarser("day", than: "fortnight"))
        XCTAssertFalse(RollupCalendar.isCoarser("fortnight", than: "fortnight"))
    }

    func test_isCoarser_ofStepsOfAClock_isWhereTheyDivide() {
        let lengths = ["microseconds": 1, "milliseconds": 1_000, "second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000]
        for (fine, length) in lengths {
            XCTAssertTrue(RollupCalendar.isStep(fine))
            for (coarse, other) in lengths { XCTAssertEqual(RollupCalendar.isCoarser(coarse, than: fine), other % length == 0, "\(coarse) of \(fine)") }
            for unit in RollupCalendar.units {
                XCTAssertTrue(RollupCalendar.isCoarser(unit, than: fine))
                XCTAssertFalse(RollupCalendar.isCoarser(fine, than: unit))
            }
            for count in [-2, -1, 0, 1, 24, 25] {
                XCTAssertTrue(RollupCalendar.begins(fine, time: Int64(count * length)))
                XCTAssertEqual(RollupCalendar.begins(fine, time: Int64(count * length + 1)), length == 1)
                XCTAssertEqual(RollupCalendar.begins("day", time: Int64(count * length)), count * length % 86_400_000_000 == 0)
            }
        }
    }

    func test_isField_isWhereItChangesWithAStepOnly() {
        let begins = Self.units.mapValues(Self.changes)
        for (field, value) in Self.fields {
            let changes = Self.changes(value)
            for (unit, ends) in begins { Self.check(RollupCalendar.isField(field, ofEach: unit), changes, within: ends, "\(field) of each \(unit)") }
        }
    }

    func test_begins_isTheFirstDayOfAStep() {
        for (unit, value) in Self.units where !["decade", "century", "millennium"].contains(unit) {
            let firsts = Self.changes(value)
            for day in Self.days.dropFirst() where RollupCalendar.begins(unit, Int64(day)) != firsts.contains(day) { XCTFail("\(unit) at day \(day)") }
        }
        for day in [Int64.min, .max] { XCTAssertFalse(RollupCalendar.begins("day", day)) }
    }
}
