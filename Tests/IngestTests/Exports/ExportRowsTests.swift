import ColumnStore
import XCTest

@testable import Ingest

/// Goal: what was asked for by exports, up to a megabyte of each, is read where a file is made of it, and kept no longer. Method: rows of an engine's catalog in each state.
final class ExportRowsTests: XCTestCase {
    private static let request = [UInt8](repeating: 0x20, count: 1 << 20)

    private func made(_ id: String) -> Export { Export(id: id, owner: .administrator, name: id, format: "csv", request: Self.request, createdAt: 1, expiresIn: 1) }

    func test_lists_haveNothingOfWhatWasAskedFor_andWhoMakesAFileHasIt() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let engine = fixture.engine
        for id in ["a", "b"] { try engine.addExport(made(id)) }
        let waiting = try engine.waitingExports()
        XCTAssertEqual(waiting.map(\.id), ["a", "b"])
        XCTAssertEqual(waiting.map(\.request), [[], []])
        XCTAssertEqual(try engine.exports(after: nil, limit: 10, as: .admin).map(\.request), [[], []])
        XCTAssertEqual(try waiting.map { try engine.whole($0)?.request }, [Self.request, Self.request])
        try engine.deleteExport("a", as: .admin)
        XCTAssertNil(try engine.whole(waiting[0]))
    }

    /// It may end between the look at whose it is and its row's end: its file is named by the row alone.
    func test_deletedOne_isGivenAsItStoodLast() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        var export = made("a")
        try catalog.add(export)
        (export.state, export.fileName) = (.done, "a-1.csv")
        XCTAssertTrue(try fixture.engine.endExport(export))
        XCTAssertEqual(try catalog.deleteExport("a")?.fileName, "a-1.csv")
        XCTAssertNil(try catalog.deleteExport("a"))
    }

    /// On another machine it is made again, and may fail there: an id that came before is told once.
    func test_endsOfOne_areEventsOfTheirOwn() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        var export = made("a")
        export.state = .done
        let done = fixture.engine.notice(of: export)
        XCTAssertEqual(fixture.engine.notice(of: export).id, done.id)
        export.state = .error
        let failed = fixture.engine.notice(of: export)
        XCTAssertNotEqual(failed.id, done.id)
        XCTAssertEqual([done, failed].map { $0.draft?.type }, ["export.done", "export.error"])
    }

    func test_whatWasAskedFor_staysUntilTheExportIsOver() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        for (id, state, isKept) in [("a", .done, true), ("b", .error, false), ("c", .cancelled, false)] as [(String, Export.State, Bool)] {
            var export = made(id)
            try catalog.add(export)
            export.state = state
            XCTAssertTrue(try catalog.change(export, from: .running))
            XCTAssertEqual(try catalog.export(id)?.request, isKept ? Self.request : [], id)
        }
        var last = made("a")
        last.state = .expired
        XCTAssertTrue(try catalog.change(last, from: .done))
        XCTAssertEqual(try catalog.export("a")?.request, [])
    }
}
