import Foundation
import TestSupport
import XCTest

/// Goal: a folder can be read, changed and moved without those above it. Method: each module's own file tells the order of its folders (`Floors`), the sources
/// tell who names whom (`SourceReferences`), and an arrow upwards fails. There are no exceptions.
final class FloorsTests: XCTestCase {
    func test_modules_keepTheirFloors() throws {
        let files = try Self.sources()
        let references = SourceReferences(files)
        for module in Set(files.map(\.module)).sorted() {
            let root = Project.root.appendingPathComponent("Sources/\(module)/\(module).swift")
            guard let head = try? String(contentsOf: root, encoding: .utf8) else {
                XCTFail("Sources/\(module) has no \(module).swift that tells its floors")
                continue
            }
            let floors = Floors(head: head)
            XCTAssertFalse(floors.folders.isEmpty, "\(module).swift has no list under \"// Floors, lowest first\"")
            let faults = floors.faults(of: module, files: files, references: references.references(in: module))
            for (fault, places) in faults.sorted(by: { $0.key < $1.key }) {
                XCTFail("\(module): \(fault) (\(places.sorted().joined(separator: "; ")))")
            }
        }
    }

    func test_faults_ofAListThatIsTooLong_orAFolderThatIsTooSmall_areSaid() {
        let names = (1...11).map { "Floor\($0)" }
        let files = names.flatMap { name in (1...5).map { SourceFile(module: "House", folder: name, name: "\(name)\($0).swift", text: "") } }
        let head = "// Floors, lowest first:\n"
        XCTAssertEqual(Floors(head: head + names.map { "//   \($0): one" }.joined(separator: "\n")).faults(of: "House", files: files, references: []).keys.sorted(), ["list"])
        let shared = Floors(head: head + "//   \(names.joined(separator: ", ")): all")
        XCTAssertEqual(shared.faults(of: "House", files: files, references: []), [:])
        XCTAssertEqual(shared.faults(of: "House", files: Array(files.dropLast()), references: []).keys.sorted(), ["size Floor11"])
    }

    func test_floors_ofAHead_areReadInOrder() {
        let head = """
            // Module: what it is.
            //
            // Floors, lowest first. A folder names only what stands before it in this list:
            //   Values: what a column may hold
            //   Parquet/{Format, Pruning}, Iceberg: files
            // Words: no floor.
            """
        XCTAssertEqual(Floors(head: head).folders, ["Values", "Parquet/Format", "Parquet/Pruning", "Iceberg"])
        XCTAssertEqual(Floors(head: head).lineCount, 2)
    }

    func test_references_ofTypesFunctionsAndMembers_areFound() {
        XCTAssertEqual(Self.names(below: "let upper: Upper.Part? = nil"), ["Upper"])
        XCTAssertEqual(Self.names(below: "func f() { lower.heightened() }"), ["heightened"])
        XCTAssertEqual(Self.names(below: "extension Lower { func f() { heightened() } }"), ["heightened"])
        XCTAssertEqual(Self.names(below: "func f() { buildTower(1) }"), ["buildTower"])
        XCTAssertEqual(Self.names(below: "let text = \"a \\(Upper.self) b\""), ["Upper"])
        XCTAssertEqual(Self.names(below: "let text = #\"a \\#(Upper(\"x\")) b\"#"), ["Upper"])
    }

    func test_references_inCommentsStringsAndOtherNames_areNone() {
        for text in [
            "// Upper", "/* a /* Upper */ Upper */", "let a = \"Upper\"", "let a = \"\"\"\nUpper \"Upper\"\n\"\"\"", "let a = #\"\\(Upper)\"#", "func f<Upper>(_ u: Upper) {}",
            "private struct Upper {}\nlet a = Upper()", "let a = \"\\\"Upper\"", "let buildTower = 1, b = buildTower", "let a = Hidden.self", "let a = Swift.Upper.self", "enum Way { case out, heightened(Int) }\nlet way = Way.heightened(1)",
        ] {
            XCTAssertEqual(Self.names(below: text), [], text)
        }
    }

    /// What a file of the lower folder names of the upper one.
    private static func names(below text: String) -> [String] {
        let upper = """
            public struct Upper { struct Part {} }
            extension Lower { package func heightened() {} }
            func buildTower(_ height: Int) {}
            private struct Hidden {}
            """
        let files = [
            SourceFile(module: "House", folder: "Low", name: "Lower.swift", text: "struct Lower {}\n" + text),
            SourceFile(module: "House", folder: "High", name: "Upper.swift", text: upper),
        ]
        let found = SourceReferences(files).references(in: "House").filter { $0.from == "Low" }
        XCTAssert(found.allSatisfy { $0.to == "High" && $0.file == "Lower.swift" })
        return found.map(\.name).filter { $0 != "Part" }.sorted()
    }

    /// Every module that is Swift and has folders.
    private static func sources() throws -> [SourceFile] {
        let root = Project.root.appendingPathComponent("Sources")
        var sources: [SourceFile] = []
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let parts = file.path.dropFirst(root.path.count + 1).split(separator: "/").map(String.init)
            // The program itself is its one file.
            guard parts[0] != "till" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            sources.append(SourceFile(module: parts[0], folder: parts[1..<(parts.count - 1)].joined(separator: "/"), name: parts[parts.count - 1], text: text))
        }
        XCTAssertGreaterThan(sources.count, 10, "no sources found under \(root.path)")
        return sources
    }
}
