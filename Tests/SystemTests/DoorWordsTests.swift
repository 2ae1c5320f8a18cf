import Foundation
import TestSupport
import XCTest

/// Goal: another door than HTTP can stand before the store. Method: no text of Documents or Ingest names what only HTTP has; what calls out over HTTP
/// (Registration) may.
final class DoorWordsTests: XCTestCase {
    private static let words = ["HTTP", "Retry-After", "?type=", "?client=", "?cursor=", "/v1/", "GET /", "POST /", "Content-Type", "uri-too-long", "problem+json"]

    func test_textsOfTheStore_nameNoWordsOfADoor() throws {
        var textCount = 0
        for module in ["Documents", "Ingest"] {
            let root = Project.root.appendingPathComponent("Sources/\(module)")
            let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift", !file.path.contains("/Registration/") else { continue }
                for (index, line) in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n").enumerated() {
                    let texts = Self.texts(in: line)
                    textCount += texts.count
                    for text in texts {
                        for word in Self.words where text.contains(word) {
                            XCTFail("\(module)/\(file.lastPathComponent):\(index + 1) names \(word): say it in Server, of a fact or an advice")
                        }
                    }
                }
            }
        }
        XCTAssertGreaterThan(textCount, 1_000)
    }

    func test_texts_areThoseBetweenQuotes() {
        XCTAssertEqual(Self.texts(in: #"call("one", "t\"wo") // "three""#), ["one", #"t\"wo"#])
        XCTAssertEqual(Self.texts(in: "/// `?type=`"), [])
    }

    private static func texts(in line: String) -> [String] {
        var texts: [String] = []
        var text: String?
        var isEscaped = false
        var last: Character = " "
        for character in line {
            if let open = text {
                if character == "\"", !isEscaped {
                    texts.append(open)
                    text = nil
                } else {
                    text = open + String(character)
                }
                isEscaped = character == "\\" && !isEscaped
            } else if character == "\"" {
                (text, isEscaped) = ("", false)
            } else if character == "/", last == "/" {
                break
            }
            last = character
        }
        return texts
    }
}
