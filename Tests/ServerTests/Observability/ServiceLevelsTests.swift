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
