import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: one contract's files leave room for everybody else's. Method: files of an engine that tells how much is there, written up to their bound and one byte past it.
final class ExportFileTests: XCTestCase {
    private let one = Identity.contract(ClientID("c1"))
    private let other = Identity.contract(ClientID("c2"))

    /// Asks for so many bytes in two pieces.
    private func ask(_ byteCount: Int, of owner: Identity, _ present: [Identity: Int64], most: Int64) throws {
        let folder = try TemporaryDirectory()
        let engine = FakeEngine()
        engine.state.withLock { $0.exportByteCounts = present }
        let file = try ExportFile(path: folder.path + "/file", exports: engine, owner: owner, byteCountMax: most, place: ExportSpace().enter())
        if byteCount > 1 { try file.write([UInt8](repeating: 0x20, count: byteCount - 1)) }
        try file.write([0x20])
    }

    func test_contract_hasHalfOfWhatOthersLeave_andTheAdministratorAllThatIsLeft() throws {
        let rows: [(present: [Identity: Int64], owner: Identity, most: Int)] = [
            ([:], one, 500), ([:], .administrator, 1_000),
            // What it has already is a part of its half.
            ([one: 300], one, 200), ([one: 500], one, 0), ([one: 700], one, 0),
            // Another has half of what is left beside it.
            ([one: 500], other, 250), ([one: 500, other: 250], other, 0), ([one: 500, other: 250], one, 0), ([.administrator: 800], one, 100), ([.administrator: 1_000], one, 0),
            ([one: 500, other: 250], .administrator, 250),
        ]
        for row in rows {
            let words = "\(row.owner) beside \(row.present)"
            if row.most > 0 { XCTAssertNoThrow(try ask(row.most, of: row.owner, row.present, most: 1_000), words) }
            XCTAssertThrowsError(try ask(row.most + 1, of: row.owner, row.present, most: 1_000), words) { error in
                XCTAssertEqual((error as? Problem)?.slug, .spillFull, words)
            }
        }
    }

    /// What another has written is not free, whether the catalog knows of it by now or not.
    func test_filesThatAreMadeSideBySide_countEachOther() throws {
        let folder = try TemporaryDirectory()
        let engine = FakeEngine(), space = ExportSpace(), places = (0..<2).map { _ in space.enter() }
        func write(_ byteCount: Int, _ file: ExportFile) throws { try file.write([UInt8](repeating: 0x20, count: byteCount)) }
        func isFull(_ file: ExportFile, _ words: String) { XCTAssertThrowsError(try write(1, file), words) { XCTAssertEqual(($0 as? Problem)?.slug, .spillFull, words) } }
        let first = try ExportFile(path: folder.path + "/first", exports: engine, owner: one, byteCountMax: 1_000, place: places[0])
        let second = try ExportFile(path: folder.path + "/second", exports: engine, owner: other, byteCountMax: 1_000, place: places[1])
        try write(300, first)
        try write(350, second)
        isFull(second, "half of what the first leaves")
        try write(25, first)
        isFull(first, "half of what the second leaves")
        engine.state.withLock { $0.exportByteCounts = [other: 350] }
        places[1].leave()
        isFull(first, "the second is done")
        // It is deleted, which the next look at the catalog shows.
        engine.state.withLock { $0.exportByteCounts = [:] }
        space.enter().leave()
        try write(175, first)
        isFull(first, "half of all")
    }

    func test_refusal_saysWhichBoundItWas() {
        for (owner, word) in [(one, "this contract's exports"), (.administrator, "together")] as [(Identity, String)] {
            XCTAssertThrowsError(try ask(1_001, of: owner, [:], most: 1_000)) { error in
                XCTAssertTrue((error as? Problem)?.detail.contains(word) ?? false, "\(error)")
            }
        }
        XCTAssertThrowsError(try ask(501, of: one, [:], most: 1_000)) { error in
            XCTAssertTrue((error as? Problem)?.detail.contains("limits.exports_bytes, 1000 bytes") ?? false, "\(error)")
        }
    }
}
