import Server
import XCTest

/// Goal: how often a promise was kept is counted over hours, days and restarts. Method: record, look at made-up instants, and begin again from what was
/// written.
final class ServiceLevelsTests: XCTestCase {
    private static let minute: Int64 = 60_000_000

    private func endMinute(_ levels: ServiceLevels, at now: Int64) -> [UInt8]? {
        var text: [UInt8]?
        for _ in 0..<12 { text = levels.look(now: now) ?? text }
        return text
    }

    func test_promises_areCountedByTheMinuteAndTheHour_andOutliveARestart() throws {
        let levels = ServiceLevels()
        let start: Int64 = 1_800_000_000_000_000
        for _ in 0..<99 { levels.record(.post, seconds: 0.01, isAnswered: true) }
        levels.record(.post, seconds: 0.6, isAnswered: true)
        levels.record(.hot, seconds: 0.01, isAnswered: false)
        let text = try XCTUnwrap(endMinute(levels, at: start))
        let first = levels.kept(now: start)[0]
        XCTAssertEqual(first.hour, .init(kept: 99, of: 100))
        XCTAssertEqual(levels.kept(now: start)[1].month, .init(kept: 0, of: 1))

        let later = ServiceLevels()
        later.restore(text)
        later.restore(Array("nonsense\nm x\nm 1\nh 1 2\nh -5 1 1".utf8))
        let now = start + 2 * 60 * Self.minute
        XCTAssertEqual(later.kept(now: now)[0].hour, .init())
        XCTAssertEqual(later.kept(now: now)[0].day, .init(kept: 99, of: 100))
        XCTAssertEqual(later.kept(now: start + 31 * 24 * 60 * Self.minute)[0].month, .init())
    }

    /// A machine that starts with another year, and has its time from the network some minutes later.
    func test_clockThatWasAhead_takesNothingAway_andAddsNothing() throws {
        let levels = ServiceLevels()
        let start: Int64 = 1_800_000_000_000_000
        for hour in 0..<24 {
            levels.record(.hot, seconds: 0.01, isAnswered: true)
            _ = endMinute(levels, at: start + Int64(hour) * 60 * Self.minute)
        }
        let now = start + 23 * 60 * Self.minute
        XCTAssertEqual(levels.kept(now: now)[1].day, .init(kept: 24, of: 24))
        for ahead: Int64 in [2, 100, 4_000] {
            for minute: Int64 in 0..<10 {
                levels.record(.hot, seconds: 9, isAnswered: true)
                let text = try XCTUnwrap(endMinute(levels, at: now + ahead * 24 * 60 * Self.minute + minute * Self.minute))
                let later = ServiceLevels()
                later.restore(text)
                XCTAssertEqual(later.kept(now: now)[1].day, .init(kept: 24, of: 24), "\(ahead) days, after a restart")
            }
            XCTAssertEqual(levels.kept(now: now)[1].month, .init(kept: 24, of: 24), "\(ahead) days")
        }
    }

    func test_slots_areBounded() throws {
        let levels = ServiceLevels()
        let start: Int64 = 1_800_000_000_000_000
        var text: [UInt8]?
        for hour in 0..<800 {
            levels.record(.hot, seconds: 0.01, isAnswered: true)
            text = endMinute(levels, at: start + Int64(hour) * 60 * Self.minute)
        }
        XCTAssertEqual(try XCTUnwrap(text).split(separator: 0x0A).count, 60 + 720)
        XCTAssertEqual(levels.kept(now: start + 799 * 60 * Self.minute)[1].month, .init(kept: 720, of: 720))
    }

    func test_percentiles_areOfTheLastMinute() {
        let levels = ServiceLevels()
        XCTAssertNil(levels.postMilliseconds(0.5))
        for index in 1...100 { levels.record(.post, seconds: Double(index) / 1_000, isAnswered: true) }
        let half = levels.postMilliseconds(0.5) ?? 0
        XCTAssertTrue((50...63).contains(half), "\(half)")
        for _ in 0...13 { _ = levels.look(now: 0) }
        XCTAssertNil(levels.postMilliseconds(0.5))
    }

    func test_growth_isPerSecond_andNeverNegative() {
        let growth = CountGrowth()
        XCTAssertEqual(growth.perSecond(now: 10, [5, 5]), [0, 0])
        XCTAssertEqual(growth.perSecond(now: 10.5, [50, 5]), [0, 0])
        XCTAssertEqual(growth.perSecond(now: 12, [25, 1]), [10, 0])
    }
}
