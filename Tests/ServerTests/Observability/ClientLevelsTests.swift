import Ingest
import Server
import XCTest

/// Goal: each contract's figures are its own, of spans of time, and outlive a restart; how many contracts there are costs no memory without bound. Method:
/// record at made-up instants, read, and begin again from what was written.
final class ClientLevelsTests: XCTestCase {
    private static let start: Int64 = 1_800_000_000_000_000
    private static let minute: Int64 = 60_000_000

    func test_promises_areEachContractsOwn_andOutliveARestart() throws {
        let levels = ClientLevels()
        for _ in 0..<9 { levels.record(.post, of: "a b", seconds: 0.01, isAnswered: true, now: Self.start) }
        levels.record(.post, of: "a b", seconds: 0.6, isAnswered: true, now: Self.start)
        levels.record(.cold, of: "other", seconds: 29, isAnswered: true, now: Self.start)
        levels.record(.cold, of: "other", seconds: 1, isAnswered: false, now: Self.start)
        XCTAssertEqual(levels.kept(of: "a b", now: Self.start)[0].hour, .init(kept: 9, of: 10), "the minute that runs counts")
        XCTAssertEqual(levels.kept(of: "a b", now: Self.start)[2].month, .init())
        XCTAssertEqual(levels.kept(of: "other", now: Self.start)[2].day, .init(kept: 1, of: 2))
        XCTAssertEqual(levels.kept(of: "nobody", now: Self.start)[0].month, .init())

        let text = try XCTUnwrap(levels.text(now: Self.start))
        XCTAssertNil(levels.text(now: Self.start), "nothing new")
        let later = ClientLevels()
        later.restore(text)
        later.restore(Array("nonsense\nc zz\nm 1 1 1\nc 6\nh -5 1 1\nc\nc 61\nd 1 2".utf8))
        let now = Self.start + 2 * 60 * Self.minute
        XCTAssertEqual(later.kept(of: "a b", now: now)[0].hour, .init())
        XCTAssertEqual(later.kept(of: "a b", now: now)[0].day, .init(kept: 9, of: 10))
        XCTAssertEqual(later.kept(of: "a b", now: now)[0].month, .init(kept: 9, of: 10))
        XCTAssertEqual(later.kept(of: "a b", now: Self.start + 31 * 24 * 60 * Self.minute)[0].month, .init())
    }

    func test_clockThatWasAhead_takesNothingAway_andAddsNothing() throws {
        let levels = ClientLevels()
        for number: Int64 in 0..<10 { levels.record(.hot, of: "a", seconds: 0.01, isAnswered: true, now: Self.start + number * Self.minute) }
        let now = Self.start + 9 * Self.minute
        for number: Int64 in 0..<5 { levels.record(.post, of: "a", seconds: 9, isAnswered: true, now: now + (100 * 24 * 60 + number) * Self.minute) }
        let kept = levels.kept(of: "a", now: now)
        XCTAssertEqual([kept[1].hour, kept[1].day, kept[1].month], Array(repeating: ServiceLevels.Share(kept: 10, of: 10), count: 3))
        XCTAssertEqual([kept[0].hour, kept[0].day, kept[0].month], Array(repeating: ServiceLevels.Share(), count: 3))
        XCTAssertNil(levels.postMilliseconds(0.5, of: "a", now: now))
        let later = ClientLevels()
        later.restore(try XCTUnwrap(levels.text(now: now)))
        XCTAssertEqual(later.kept(of: "a", now: now)[1].month, .init(kept: 10, of: 10))
    }

    /// What is on disk is as much as what is in memory, though it was written while the clock was ahead.
    func test_figuresThatAreWrittenUnderAClockAhead_countAgainAfterARestart() throws {
        let levels = ClientLevels()
        for client: ClientID in ["a", "b"] { levels.record(.hot, of: client, seconds: 0.01, isAnswered: true, now: Self.start) }
        let ahead = Self.start + 100 * 24 * 60 * Self.minute
        levels.record(.post, of: "a", seconds: 9, isAnswered: true, now: ahead)
        let later = ClientLevels()
        later.restore(try XCTUnwrap(levels.text(now: ahead)))
        for client: ClientID in ["a", "b"] {
            let kept = later.kept(of: client, now: Self.start)[1]
            XCTAssertEqual([kept.hour, kept.day, kept.month], Array(repeating: ServiceLevels.Share(kept: 1, of: 1), count: 3), "\(client)")
        }
    }

    /// A full disk that has room again: nobody need call for what was counted before.
    func test_figuresThatCouldNotBeWritten_areTheNextTime() throws {
        struct Full: Error {}
        let levels = ClientLevels()
        levels.record(.hot, of: "a", seconds: 0, isAnswered: true, now: Self.start)
        XCTAssertThrowsError(try levels.keep(now: Self.start) { _ in throw Full() })
        var texts: [[UInt8]] = []
        for _ in 0..<2 { try levels.keep(now: Self.start) { texts.append($0) } }
        XCTAssertEqual(texts.count, 1)
    }

    func test_percentiles_areOfTheContractsLastMinute() {
        let levels = ClientLevels()
        for index in 1...100 { levels.record(.post, of: "a", seconds: Double(index) / 1_000, isAnswered: true, now: Self.start) }
        levels.record(.post, of: "b", seconds: 5, isAnswered: true, now: Self.start)
        let half = levels.postMilliseconds(0.5, of: "a", now: Self.start) ?? 0
        XCTAssertTrue((50...63).contains(half), "\(half)")
        XCTAssertNil(levels.postMilliseconds(0.5, of: "a", now: Self.start + Self.minute))
        XCTAssertNil(levels.postMilliseconds(0.5, of: "nobody", now: Self.start))
    }

    func test_contractsBeyondTheBound_giveTheirPlace_theLongestIdleFirst() {
        let levels = ClientLevels()
        for number in 0...ClientLevels.clientCountMax {
            levels.record(.hot, of: ClientID("c\(number)"), seconds: 0, isAnswered: true, now: Self.start + Int64(number) * Self.minute / 100)
        }
        let now = Self.start + 11 * Self.minute
        XCTAssertEqual(levels.kept(of: ClientID("c\(ClientLevels.clientCountMax)"), now: now)[1].hour.of, 1)
        let count = (0...ClientLevels.clientCountMax).count { levels.kept(of: ClientID("c\($0)"), now: now)[1].hour.of == 1 }
        XCTAssertEqual(count, ClientLevels.clientCountMax)
    }

    /// After a restart too: of a full table whoever called longest ago goes, and not any.
    func test_contractsThatWereRead_giveTheirPlace_theLongestIdleFirst() throws {
        let levels = ClientLevels()
        for number in 0..<ClientLevels.clientCountMax {
            levels.record(.hot, of: ClientID("c\(number)"), seconds: 0, isAnswered: true, now: Self.start + Int64(number) * Self.minute / 100)
        }
        let now = Self.start + 11 * Self.minute
        let later = ClientLevels()
        later.restore(try XCTUnwrap(levels.text(now: now)))
        for number in 0..<500 { later.record(.hot, of: ClientID("new\(number)"), seconds: 0, isAnswered: true, now: now) }
        // Those of the last five of eleven minutes.
        for number in 600..<ClientLevels.clientCountMax { XCTAssertEqual(later.kept(of: ClientID("c\(number)"), now: now)[1].hour.of, 1, "\(number)") }
    }
}
