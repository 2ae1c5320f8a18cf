import Foundation
import XCTest

@testable import Documents

/// The types within the binary are those of `types/`, and every one of them compiles.
final class EmbeddedTypesTests: XCTestCase {
    func test_files_areThoseOfTheTypesFolder() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder = root.appending(path: "types")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted()
        XCTAssertEqual(BuiltInTypes.files.map { $0.name + ".json" }, names, "run script/embed-types")
        for file in BuiltInTypes.files {
            let text = try String(contentsOf: folder.appending(path: file.name + ".json"), encoding: .utf8)
            XCTAssertEqual(file.json, text.hasSuffix("\n") ? String(text.dropLast()) : text, "\(file.name): run script/embed-types")
        }
    }

    func test_everyType_compilesAndAgreesOnItsTable() throws {
        let registry = TypeRegistry()
        for file in BuiltInTypes.files {
            do {
                let type = try DocumentType(json: Array(file.json.utf8))
                XCTAssertEqual(type.name, file.name)
                try registry.put(type)
            } catch {
                XCTFail("\(file.name): \(error.reasons)")
            }
        }
    }
}
