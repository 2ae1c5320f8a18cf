import Foundation
import TestSupport
import XCTest

/// Goal: the rules of the house hold without anybody remembering them. Method: read the sources as text.
final class HouseRulesTests: XCTestCase {
    /// Where each C library may be imported: one module each.
    private static let libraryOwners = [
        "CZstd": "ColumnStore", "CSnappy": "ColumnStore", "CZlib": "ColumnStore", "CLZ4": "ColumnStore", "CBrotli": "ColumnStore",
        "CRE2": "Query", "CICU": "Query", "CXlsxWriter": "Query", "CSQLite": "Ingest", "CMapFaults": "Ingest", "CSimdJSON": "Documents", "CXML2": "Documents", "CCurl": "ColumnStore", "CMicrohttpd": "Server",
        "CGnuTLS": "Server", "CConsole": "Server", "CArguments": "till", "CNettle": "ColumnStore", "CMalloc": "ColumnStore", "CLinux": "ColumnStore",
    ]
    /// What a module may import of the others: one line of dependence, nothing points back.
    private static let order = ["ColumnStore", "Query", "Documents", "Processes", "Cluster", "Ingest", "Server"]

    func test_sources_importOnlyWhatTheirModuleMay() throws {
        for source in try Self.sources() {
            for line in source.lines where line.text.contains("import ") {
                let words = line.text.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place < 2, place + 1 < words.count else { continue }
                let imported = String(words[place + 1])
                if let owner = Self.libraryOwners[imported] {
                    XCTAssertEqual(source.module, owner, "\(source.path):\(line.number) imports \(imported), which is \(owner)'s")
                }
                if let theirs = Self.order.firstIndex(of: imported), let mine = Self.order.firstIndex(of: source.module) {
                    XCTAssertLessThan(theirs, mine, "\(source.path):\(line.number) imports \(imported): the modules depend the other way")
                }
            }
        }
    }

    func test_sources_avoidWhatCrashesOrHidesErrors() throws {
        // Each with what to write instead.
        let banned = [
            "try!": "throw, or catch and say what is wrong", "fatalError(": "throw for bad input, preconditionFailure for a bug",
            " as!": "bind with as?", "catch {}": "handle the error or let it through", "-Ounchecked": "keep the checks",
            "@testable import": "test through package access",
        ]
        for source in try Self.sources() {
            for line in source.lines where !line.text.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                for (word, instead) in banned where line.text.contains(word) {
                    XCTFail("\(source.path):\(line.number) has \(word): \(instead)")
                }
            }
        }
    }

    /// CI tests a build that is optimised and has its assertions on (`-assert-config Debug`), and that has no DEBUG: what is checked under that condition would not be there.
    func test_sources_checkByAssertions_notByTheBuild() throws {
        for source in try Self.sources() where source.path != "ColumnStore/Resources/WorkerThread.swift" {
            for line in source.lines where line.text.contains("#if DEBUG") || line.text.contains("#if !DEBUG") {
                XCTFail("\(source.path):\(line.number) asks for DEBUG: write assert(…), which asks whether assertions are on")
            }
        }
    }

    /// A ratchet: a file this long holds more than one idea. Lower the figure when the longest file shrinks; never raise it.
    func test_sources_stayShort() throws {
        // What a script writes is as long as what it is made of.
        for source in try Self.sources() where source.lines.first?.text.hasPrefix("// Made by script/") != true {
            XCTAssertLessThanOrEqual(source.lines.count, 600, "\(source.path) has \(source.lines.count) lines: split it")
        }
    }

    /// Tests of a folder lie in a folder of its name. Beside them lie what all of a module's tests share, and tests of a whole module.
    func test_tests_lieWhereTheirSourcesDo() throws {
        let shared: Set<String> = ["Support", "Golden", "Readers", "Differential", "Faults"]
        for module in try FileManager.default.contentsOfDirectory(atPath: Project.root.appendingPathComponent("Sources").path) {
            let tests = Project.root.appendingPathComponent("Tests/\(module)Tests")
            let walk = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: [.isDirectoryKey])
            while let folder = walk?.nextObject() as? URL {
                guard try folder.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true else { continue }
                let path = String(folder.path.dropFirst(tests.path.count + 1))
                if shared.contains(String(path.split(separator: "/")[0])) { continue }
                let sources = Project.root.appendingPathComponent("Sources/\(module)/\(path)").path
                XCTAssertTrue(FileManager.default.fileExists(atPath: sources), "Tests/\(module)Tests/\(path) tests Sources/\(module)/\(path), which is not there")
            }
        }
    }

    func test_testClasses_haveTests_andNamesOfTheirOwn() throws {
        var places: [String: String] = [:]
        let walk = FileManager.default.enumerator(at: Project.root.appendingPathComponent("Tests"), includingPropertiesForKeys: nil)
        while let file = walk?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for part in text.components(separatedBy: "\nfinal class ").dropFirst() {
                let name = String(part.prefix { $0.isLetter || $0.isNumber })
                guard part.dropFirst(name.count).hasPrefix(": XCTestCase") else { continue }
                XCTAssertTrue(part.contains("func test"), "\(name) in \(file.lastPathComponent) has no test")
                XCTAssertNil(places.updateValue(file.path, forKey: name), "there are two classes \(name)")
            }
        }
        XCTAssertGreaterThan(places.count, 100)
    }

    /// Another storage is another factory: nothing else knows that there are files.
    func test_localStorage_isNamedInItsFolderOnly() throws {
        for source in try Self.sources() where !source.path.hasPrefix("ColumnStore/Storage/Local/") {
            // The pattern is asked of few lines: of all of them it takes a minute.
            for line in source.lines where line.text.contains("LocalStorage") && line.text.contains(#/\bLocalStorage\b/#) && !line.text.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                XCTFail("\(source.path):\(line.number) names LocalStorage: take an ObjectStorage from the store's DataDirectory, or LocalStorageFactory.files where SQLite writes by itself")
            }
        }
    }

    /// Another kind of storage is a folder and a line of `StorageScheme.all`: nothing else may name the one that it means, but what has files by nature.
    func test_kindOfStorage_isAskedByQuestion_neverWhichItIs() throws {
        let own = ["ColumnStore/S3/", "ColumnStore/Storage/", "Ingest/Directory/StorageScheme.swift"]
        let words = ["BucketStorageFactory", "BucketClient", "BucketEndpoint", "CredentialChain", "KeyLender", "AWSCredentials", "StorageKind.bucket", "as? LocalStorageFactory"]
        for source in try Self.sources() where !own.contains(where: source.path.hasPrefix) {
            for line in source.lines where !line.text.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                for word in words where line.text.contains(word) {
                    XCTFail("\(source.path):\(line.number) has \(word): ask the `StorageKind` of a URL, or its `StorageFactory` (`objects`, `root`, `check`, `isRemote`)")
                }
            }
        }
    }

    /// Another kind of table is another value in `TableKind.swift`: everybody else asks it what he needs to know. The compiler keeps the kinds themselves from
    /// others; this keeps what would say the same in other words.
    func test_kindOfTable_isAskedByQuestion_neverWhichItIs() throws {
        // They only shrink: names in the catalogs of questions are looked at by their ends.
        let others = ["Query/Binding/Binder+Names.swift", "Server/Postgres/Catalogs/SystemRows.swift"]
        let words = ["isVersioned", "isLedger", "\"_history\"", "\"replace\"", "TableKind.unlessSaid ==", ".tableKind.word ==", "kind.word ==", ".storedSuffix ==", ".storedSuffix.isEmpty"]
        for source in try Self.sources() where source.path != "Documents/Types/TableKind.swift" && !others.contains(source.path) && !source.path.hasPrefix("Query/Functions/") {
            for line in source.lines where !line.text.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                for word in words where line.text.contains(word) {
                    XCTFail("\(source.path):\(line.number) has \(word): ask the table's `TableKind` a question, and give it one more where it has none that fits")
                }
            }
        }
    }

    /// Which URLs are of which kind of storage, and how they are written, says each kind in its folder, and to all others `StorageScheme`.
    func test_schemesOfStorages_areInTheirTableOnly() throws {
        for source in try Self.sources() where !source.path.hasPrefix("ColumnStore/S3/") {
            for line in source.lines where !line.text.trimmingCharacters(in: .whitespaces).hasPrefix("//") && line.text.contains("s3://") {
                XCTFail("\(source.path):\(line.number) has s3://: ask `StorageScheme`, or write its `forms`")
            }
        }
    }

    /// An error's text is for people, and changes when it can be said better.
    func test_errors_areToldApartByTheirCodes_neverByTheirTexts() throws {
        // SQLite has one code for all that is wrong with a statement.
        let without = ["Ingest/Restoring/LogFold.swift"]
        let looks = try NSRegularExpression(pattern: #"(error|fault|failure|problem)(\)"|\.(description|detail|message|reason))\.(contains|hasPrefix|hasSuffix|starts)\(|text\.hasPrefix\("the "#)
        for source in try Self.sources() where !without.contains(source.path) {
            for line in source.lines where looks.firstMatch(in: line.text, range: NSRange(line.text.startIndex..., in: line.text)) != nil {
                XCTFail("\(source.path):\(line.number) looks into an error's text: give the error a code, or a fact, to go by")
            }
        }
    }

    private struct Source {
        var path: String
        var module: String
        var lines: [(number: Int, text: String)]
    }

    /// Read once for all rules.
    private static let read: Result<[Source], any Error> = Result { try readSources() }

    private static func sources() throws -> [Source] { try read.get() }

    private static func readSources() throws -> [Source] {
        let root = Project.root.appendingPathComponent("Sources")
        var sources: [Source] = []
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let relative = file.path.dropFirst(root.path.count + 1)
            let text = try String(contentsOf: file, encoding: .utf8)
            if text.hasPrefix("// Made by script/") { continue }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0.offset + 1, String($0.element)) }
            sources.append(Source(path: String(relative), module: String(relative.prefix { $0 != "/" }), lines: lines))
        }
        XCTAssertGreaterThan(sources.count, 10, "no sources found under \(root.path)")
        return sources
    }
}
