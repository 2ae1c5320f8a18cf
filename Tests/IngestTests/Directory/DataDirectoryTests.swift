import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what lies in a directory that was made a moment ago outlives a crash of the machine. Method: an observer of syncs.
final class DataDirectoryTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private final class Syncs: FileObserver {
        let paths = Mutex<[String]>([])

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) { paths.withLock { $0.append(path) } }
    }

    func test_directoriesThatAreMade_areDurableInThoseAboveThem() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let syncs = Syncs()
        SQLiteFileSystem.observe(syncs)
        defer { SQLiteFileSystem.observe(nil) }
        func taken() -> [String] {
            syncs.paths.withLock { paths in
                defer { paths = [] }
                return paths.filter { $0.hasPrefix(folder.path) }
            }
        }
        try DataDirectory.makeDirectories(folder.path + "/a/b")
        XCTAssertEqual(taken(), [folder.path, folder.path + "/a"])
        try DataDirectory.makeDirectories(folder.path + "/a/b")
        XCTAssertEqual(taken(), [], "it was there")
    }

    /// A server that starts on a full disk is found by commands once there is room.
    func test_address_isWrittenWhole_onceThereIsRoom() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let path = folder.path + "/LOCK"
        // The system's own disk that is always full.
        let (full, lock) = (open("/dev/full", O_RDWR | O_CLOEXEC), open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
        defer { for descriptor in [full, lock] { close(descriptor) } }
        XCTAssertGreaterThanOrEqual(min(full, lock), 0)
        func written() throws -> String { try String(contentsOf: URL(filePath: path), encoding: .utf8) }
        let note = LockNote()
        note.writeAgain(to: lock)
        XCTAssertEqual(try written(), "", "nobody has said what")
        note.write(url: "http://127.0.0.1:8080", to: full)
        note.writeAgain(to: full)
        note.writeAgain(to: lock)
        XCTAssertEqual(try written(), "http://127.0.0.1:8080\n\(getpid())\n")
        ftruncate(lock, 0)
        note.writeAgain(to: lock)
        XCTAssertEqual(try written(), "", "once")
    }

    /// A descriptor that was given back may be any file of the store's.
    func test_address_isWrittenNowhere_onceTheLockIsGivenBack() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let path = folder.path + "/another"
        let kept = Data("kept".utf8)
        try kept.write(to: URL(filePath: path))
        let (full, other) = (open("/dev/full", O_RDWR | O_CLOEXEC), open(path, O_RDWR | O_CLOEXEC))
        defer { for descriptor in [full, other] { close(descriptor) } }
        XCTAssertGreaterThanOrEqual(min(full, other), 0)
        let note = LockNote()
        note.write(url: "http://127.0.0.1:8080", to: full)
        var isClosed = false
        note.end { isClosed = true }
        XCTAssertTrue(isClosed)
        note.writeAgain(to: other)
        note.write(url: "http://127.0.0.1:8080", to: other)
        XCTAssertEqual(try Data(contentsOf: URL(filePath: path)), kept)
    }

    func test_refusal_saysWhoseTheFileIs() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let own = "\(DataDirectory.Failure.refused(path: folder.path + "/none/catalog.sqlite", code: EACCES))"
        XCTAssertTrue(own.hasPrefix("\(folder.path)/none/catalog.sqlite cannot be opened by uid \(geteuid()): "), own)
        let made = "\(DataDirectory.Failure.refused(path: folder.path + "/LOCK", code: EACCES))"
        XCTAssertTrue(made.hasPrefix("\(folder.path) cannot be opened by uid \(geteuid()), whose it is: chmod it"), made)
        XCTAssertEqual("\(DataDirectory.Failure.refused(path: "/d/LOCK", code: EROFS))", "/d/LOCK is on a medium that cannot be written")
        // As a command's caller gave it, from wherever that stands.
        let relative = String(repeating: "../", count: 40) + "etc/passwd"
        let given = "\(DataDirectory.Failure.refused(path: relative, code: EACCES))"
        XCTAssertTrue(given.hasPrefix(relative) && given.contains(geteuid() == 0 ? "whose it is" : "belongs to uid 0"), given)
        XCTAssertTrue("\(DataDirectory.Failure.notPlain(path: "store/catalog.sqlite", isOfCatalog: true))".hasSuffix("till recover --data store"))
        XCTAssertTrue("\(DataDirectory.Failure.notPlain(path: "/srv/store/catalog.sqlite", isOfCatalog: true))".hasSuffix("till recover --data /srv/store"))
        // A file that every system has, and that is not a test's.
        if geteuid() != 0 {
            let other = "\(DataDirectory.Failure.refused(path: "/etc/passwd", code: EACCES))"
            XCTAssertTrue(other.hasPrefix("/etc/passwd belongs to uid 0 and cannot be opened by uid \(geteuid()): chown it"), other)
        }
    }

    /// Files that are read before a store's others are looked at, or without that.
    func test_filesThatTheSystemRefuses_areNamedWithTheirOwner() throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        func check(_ name: String, _ read: () throws -> Void, line: UInt = #line) throws {
            let path = folder.path + "/" + name
            // The system's own, which may be written by root and read by nobody.
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/sys/vm/drop_caches")
            defer { try? FileManager.default.removeItem(atPath: path) }
            XCTAssertThrowsError(try read(), line: line) { error in
                XCTAssertTrue("\(error)".hasPrefix(path) && "\(error)".contains("cannot be opened by uid \(geteuid())"), "\(error)", line: line)
            }
        }
        try check("FORMAT") { _ = try StoreFormat.read(folder.path) }
        try check("note") { _ = try DataDirectory.textIfThere(folder.path + "/note") }
        try check("catalog.sqlite") { _ = try DatabaseFile.faults(folder.path + "/catalog.sqlite") }
        try check("catalog.sqlite-wal") { _ = try WriteAheadLog(path: folder.path + "/catalog.sqlite") }
    }

    /// What nobody reads, and an own file that may only be read, are in no command's way.
    func test_checkAccess_ofAnOwnFileThatMayBeRead_andOfAnUnreadOne_passes() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/hot", withIntermediateDirectories: true)
        let (sealed, unread) = (folder.path + "/hot/2026-01-01.sqlite", folder.path + "/hot/2026-01-01.sqlite.recovering")
        for path in [sealed, unread] { try Data().write(to: URL(filePath: path)) }
        XCTAssertEqual(chmod(sealed, 0o400), 0)
        XCTAssertEqual(chmod(unread, 0), 0)
        XCTAssertNoThrow(try DataDirectory.checkAccess(folder.path, R_OK | W_OK))
        XCTAssertNil(DataDirectory.refusal(folder.path + "/nothing", R_OK))
        if geteuid() != 0 { XCTAssertEqual(DataDirectory.refusal(unread, R_OK), EACCES) }
        // What an administrator put beside them, by names that no hot file has.
        let copy = folder.path + "/hot/2026-01-01 copy.sqlite"
        try Data().write(to: URL(filePath: copy))
        XCTAssertEqual(chmod(copy, 0), 0)
        XCTAssertNoThrow(try DataDirectory.checkAccess(folder.path, R_OK))
        if geteuid() != 0 {
            XCTAssertEqual(chmod(sealed, 0), 0)
            XCTAssertThrowsError(try DataDirectory.checkAccess(folder.path, R_OK)) { XCTAssertTrue("\($0)".hasPrefix(sealed), "\($0)") }
        }
    }
}
