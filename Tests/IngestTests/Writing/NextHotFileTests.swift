import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a hot file that comes to nothing does not stay until the next start, and tries do not leave a file each. Method: a catalog that refuses some changes for a while.
final class NextHotFileTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private static let later: Int32 = 30_000

    /// No midnight is near, before which the next day's file is made.
    private func open() throws -> HotTierFixture.Store { try HotTierFixture.Store(directory.path, clock: Clock { 1_796_000_000_000_000 }) }

    private func refuse(_ change: String, in catalog: Catalog) throws {
        try catalog.write { try $0.execute("CREATE TRIGGER refusing BEFORE \(change) BEGIN SELECT RAISE(ABORT, 'refused'); END") }
    }

    private func refuseNothing(in catalog: Catalog) throws { try catalog.write { try $0.execute("DROP TRIGGER refusing") } }

    /// Of a clock that stands the second file of a day is a part of the same one.
    private func files(_ store: HotTierFixture.Store) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: store.directory.hotPath).filter { $0.hasSuffix(".sqlite") }.sorted()
    }

    func test_fileThatIsNotRegistered_isTakenByTheNextTry() throws {
        let store = try open()
        defer { store.close() }
        try refuse("INSERT ON hot_files WHEN new.state = 'known'", in: store.catalog)
        for number in 0..<3 {
            guard case .refused = try store.submit([HotTierFixture.row("R-\(number)")]) else { return XCTFail("it was taken") }
        }
        XCTAssertEqual(try files(store).count, 1)
        XCTAssertEqual(try store.catalog.hotFiles().map(\.state), [.new])
        try refuseNothing(in: store.catalog)
        XCTAssertFalse(try store.stored([HotTierFixture.row("R-3")])[0].isRepeat)
        XCTAssertEqual(try files(store).count, 1)
        XCTAssertEqual(try store.catalog.hotFiles().map(\.state), [.known])
        XCTAssertEqual(store.tier.boundary.snapshot().files.map(\.part), [1])
    }

    /// Another day comes meanwhile: it goes, and nothing is left of it.
    func test_fileThatIsNotRegistered_goesForAnotherDays() throws {
        let store = try open()
        defer { store.close() }
        let next = store.tier.nextFile
        next.giveBack(try next.take(day: Self.later))
        try next.prepare(day: Self.later + 1)
        XCTAssertEqual(try store.catalog.hotFiles().map(\.day), [Self.later + 1])
        XCTAssertEqual(try files(store).count, 1)
    }

    /// The commit that registers it failed, and holds all the same: a start that misses it would refuse the store.
    func test_fileThatTheCatalogKnows_staysThere() throws {
        let store = try open()
        try takeKnown(store)
        store.close()
        let again = try open()
        defer { again.close() }
        XCTAssertEqual(again.tier.boundary.snapshot().files.map(\.day), [Self.later])
    }

    /// Nothing of the writer is held here.
    private func takeKnown(_ store: HotTierFixture.Store) throws {
        let writer = try store.tier.nextFile.take(day: Self.later)
        try store.catalog.setHotFileState(.known, day: Self.later, part: 1)
        store.tier.nextFile.giveBack(writer)
    }

    func test_fileThatCannotBeMade_leavesNoNumberBehind() throws {
        let store = try open()
        defer { store.close() }
        let hot = store.directory.hotPath
        try FileManager.default.removeItem(atPath: hot)
        for _ in 0..<3 { XCTAssertThrowsError(try store.tier.nextFile.prepare(day: Self.later)) }
        XCTAssertEqual(try store.catalog.hotFiles().count, 0)
        try FileManager.default.createDirectory(atPath: hot, withIntermediateDirectories: true)
        try store.tier.nextFile.prepare(day: Self.later)
        XCTAssertEqual(try files(store).count, 1)
    }

    /// By the next turn of the thread behind the writer.
    func test_numberThatCannotBeGivenBack_isGivenBackLater() throws {
        let store = try open()
        defer { store.close() }
        try store.tier.nextFile.prepare(day: Self.later)
        try refuse("DELETE ON hot_files", in: store.catalog)
        XCTAssertThrowsError(try store.tier.nextFile.discard())
        XCTAssertEqual(try store.catalog.hotFiles().map(\.state), [.new])
        try refuseNothing(in: store.catalog)
        _ = try store.stored([HotTierFixture.row("R-1")])
        XCTAssertTrue(try Patience.until { try store.catalog.hotFiles().map(\.state) == [.known] })
    }
}
