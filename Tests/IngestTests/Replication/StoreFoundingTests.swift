import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Ingest

/// Goal: a store that one machine had alone is that until the last step of its founding, and a member's with everything after it. Method: real engines; an end behind each step; directories that are nobody's.
final class StoreFoundingTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-founding") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private var path: String { folder.appendingPathComponent("a").path }
    private static let position = ReplicaStore.Position(sequence: 1, epoch: 77, high: 5, low: 7)

    private func take(_ ids: [String], _ change: (inout Engine.Options) -> Void = { _ in }) throws -> [String] {
        let fixture = try EngineFixture(path, change: change)
        for id in ids { _ = try fixture.taken(EngineFixture.receipt(id)) }
        let rows = try EngineFixture.walk(fixture.engine, PageRequest(range: .all, fields: ["receipt_id"], limit: 100)).sorted()
        try fixture.engine.close()
        return rows
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    func test_anEndBehindEachStep_leavesAStoreThatStartsAlone_orAMember() throws {
        XCTAssertEqual(try take(["R-1", "R-2"]).count, 2)
        do {
            let making = try StoreFounding(path)
            _ = try making.copy(as: Self.position)
        }
        XCTAssertFalse(ReplicaStore.isMember(path))
        XCTAssertEqual(try Verifier(path: path).run().strangers, [])
        // It is taken as what one machine has, and goes on; what was made of it before tells less by then, and goes.
        XCTAssertTrue(exists("founding/cluster"))
        XCTAssertEqual(try take(["R-3"]).count, 3)
        XCTAssertFalse(exists("founding/cluster"))
        do {
            let making = try StoreFounding(path)
            _ = try making.copy(as: Self.position)
            try making.put("object", [1, 2, 3])
        }
        XCTAssertEqual(try StoreFounding.note("object", in: path), [1, 2, 3])
        XCTAssertEqual(try take(["R-4"]).count, 4)
        let making = try StoreFounding(path)
        let store = try making.copy(as: Self.position)
        XCTAssertEqual(store.utf8.count, 32)
        XCTAssertEqual(try StoreFounding.note("object", in: path), [1, 2, 3], "what is noted beside stays")
        try making.finish(as: Self.position)
        XCTAssertTrue(ReplicaStore.isMember(path) && exists("MEMBER") && !exists("founding"))
        XCTAssertEqual(try ReplicaStore(directory: path).position, Self.position)
        // The checkpoint alone is the store.
        let copy = folder.appendingPathComponent("b").path
        let checkpoint = try ReplicaStore(directory: "\(path)/cluster/checkpoint", isDurable: true)
        XCTAssertEqual(checkpoint.position, Self.position)
        let other = try ReplicaStore(directory: copy)
        try other.clear(as: checkpoint)
        try other.promote()
        let fixture = try EngineFixture(copy) { $0.replica = CommitRecorder() }
        XCTAssertEqual(try EngineFixture.walk(fixture.engine, PageRequest(range: .all, fields: ["receipt_id"], limit: 100)).count, 4)
        XCTAssertTrue(try fixture.taken(EngineFixture.receipt("R-2")).isRepeat)
        try fixture.engine.close()
        XCTAssertThrowsError(try StoreFounding(path)) { XCTAssertTrue("\($0)".contains("is a member of a cluster"), "\($0)") }
    }

    func test_directoriesThatAreNobodys_areLeftAsTheyAre() throws {
        XCTAssertThrowsError(try StoreFounding(path)) { XCTAssertTrue("\($0)".contains("is no store"), "\($0)") }
        XCTAssertFalse(exists(""))
        _ = try take(["R-1"])
        // A member's records without what says how much of them the files tell: a copy that was cut off.
        try FileManager.default.createDirectory(atPath: "\(path)/cluster", withIntermediateDirectories: false)
        try Data("records".utf8).write(to: URL(fileURLWithPath: "\(path)/cluster/records"))
        XCTAssertThrowsError(try StoreFounding(path)) { XCTAssertTrue($0 is StoreFounding.Unfit, "\($0)") }
        XCTAssertTrue(exists("cluster/records"))
        try FileManager.default.removeItem(atPath: "\(path)/cluster/records")
        try Data().write(to: URL(fileURLWithPath: "\(path)/MEMBER"))
        XCTAssertThrowsError(try StoreFounding(path)) { XCTAssertTrue("\($0)".contains("was a member"), "\($0)") }
        try FileManager.default.removeItem(atPath: "\(path)/MEMBER")
        // Links lead elsewhere: nothing is made or removed there.
        let elsewhere = folder.appendingPathComponent("elsewhere")
        try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: false)
        try Data("kept".utf8).write(to: elsewhere.appendingPathComponent("kept"))
        try FileManager.default.createSymbolicLink(atPath: "\(path)/founding", withDestinationPath: elsewhere.path)
        let making = try StoreFounding(path)
        XCTAssertThrowsError(try making.copy(as: Self.position)) { XCTAssertTrue("\($0)".contains("is no directory"), "\($0)") }
        try making.abandon()
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path), ["kept"])
        try FileManager.default.createDirectory(at: elsewhere.appendingPathComponent("cluster"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: "\(path)/founding", withDestinationPath: elsewhere.path)
        try StoreFounding.dropCopy(path)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).sorted(), ["cluster", "kept"])
        try FileManager.default.removeItem(at: elsewhere.appendingPathComponent("cluster"))
        try making.abandon()
        _ = try making.copy(as: Self.position)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path), ["kept"])
    }

    func test_aStoreThatIsInUse_notClosed_orDamaged_isNotCopied() throws {
        let fixture = try EngineFixture(path)
        for number in 0..<40 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: 2_000))) }
        XCTAssertThrowsError(try StoreFounding(path)) { guard case DataDirectory.Failure.locked? = $0 as? DataDirectory.Failure else { return XCTFail("\($0)") } }
        // As a kill leaves it.
        let killed = folder.appendingPathComponent("killed").path
        try FileManager.default.copyItem(atPath: path, toPath: killed)
        try fixture.engine.close()
        XCTAssertThrowsError(try StoreFounding(killed).copy(as: Self.position)) { XCTAssertTrue("\($0)".contains("was not closed"), "\($0)") }
        let hot = try XCTUnwrap(FileManager.default.contentsOfDirectory(atPath: "\(path)/hot").first { $0.hasSuffix(".sqlite") && (try? FileManager.default.attributesOfItem(atPath: "\(path)/hot/\($0)")[.size] as? Int) ?? 0 > 16_384 })
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(path)/hot/\(hot)"))
        try file.seek(toOffset: 4_096 * 2 + 100)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 64))
        try file.close()
        XCTAssertThrowsError(try StoreFounding(path).copy(as: Self.position)) { XCTAssertTrue("\($0)".contains("is damaged"), "\($0)") }
        XCTAssertFalse(ReplicaStore.isMember(path))
    }
}
