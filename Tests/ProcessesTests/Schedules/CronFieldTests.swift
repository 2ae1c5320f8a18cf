import XCTest

@testable import Processes

/// Goal: a field allows what its text says. Method: every single value, range and step of weekdays and months, against a list.
final class CronFieldTests: XCTestCase {
    /// The field among stars.
    private func field(_ text: String, _ unit: CronField.Unit) -> CronField? {
        let texts = CronField.Unit.allCases.map { $0 == unit ? text : "*" }
        var parser = CronParser(texts.joined(separator: " "))
        guard let fields = try? parser.fields(), fields.count == 5 else { return nil }
        return fields.first { $0.unit == unit }
    }

    func test_fields_ofEveryRangeAndStep_allowTheirValues() {
        for unit in [CronField.Unit.month, .weekday] {
            for first in unit.range {
                // 7 is Sunday, as 0 is.
                func shown(_ values: [Int]) -> [Int] { unit == .weekday ? Array(Set(values.map { $0 % 7 })).sorted() : values }
                XCTAssertEqual(field("\(first)", unit)?.values, shown([first]), "\(unit) \(first)")
                for last in unit.range {
                    let range = field("\(first)-\(last)", unit)
                    XCTAssertEqual(range?.values, first <= last ? shown(Array(first...last)) : nil, "\(unit) \(first)-\(last)")
                    guard first <= last else { continue }
                    for step in 1...unit.range.upperBound {
                        XCTAssertEqual(field("\(first)-\(last)/\(step)", unit)?.values, shown(Array(stride(from: first, through: last, by: step))), "\(unit) \(first)-\(last)/\(step)")
                    }
                }
            }
        }
    }

    func test_fields_ofNames_allowWhatTheirNumbersDo() {
        for (place, name) in CronField.Unit.month.names.enumerated() { XCTAssertEqual(field(name.uppercased(), .month)?.values, [place + 1]) }
        for (place, name) in CronField.Unit.weekday.names.enumerated() { XCTAssertEqual(field(name, .weekday)?.values, [place]) }
        XCTAssertEqual(field("mon-fri", .weekday)?.values, [1, 2, 3, 4, 5])
        XCTAssertEqual(field("5,jan-mar,12", .month)?.values, [1, 2, 3, 5, 12])
    }

    func test_fields_outsideTheirRange_areRefused() {
        for (unit, texts) in [
            (CronField.Unit.minute, ["60", "-1", "*/0", "*/60", "a", "", "1-", "1,", "1--2"]), (.hour, ["24", "0-24", "mon"]), (.day, ["0", "32", "jan"]), (.month, ["0", "13", "mon", "janu"]),
            (.weekday, ["8", "jan", "sun-"]),
        ] {
            for text in texts { XCTAssertNil(field(text, unit), "\(unit) \(text)") }
        }
    }

    func test_allows_outside64_isFalse() {
        let all = CronField(unit: .minute, allowed: .max, beginsWithStar: true)
        XCTAssertTrue(all.allows(0) && all.allows(63))
        for value in [-1, 64, .min, .max] { XCTAssertFalse(all.allows(value)) }
    }
}
