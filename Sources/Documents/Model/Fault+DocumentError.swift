extension Fault {
    package init(_ error: DocumentError) {
        switch error.code {
        case .badJSON: self.init(.badJSON, error.detail)
        case .badXML: self.init(.badXML, error.detail)
        case .badEncoding: self.init(.badEncoding, error.detail)
        case .tooLarge: self.init(.tooLarge, error.detail)
        case .tooMuchWork: self.init(.invalidDocument, error.detail, errors: [.init(pointer: "", code: "too-much-work", message: error.detail)])
        case .badCSV: self.init(.invalidDocument, error.detail, errors: [.init(pointer: "", code: "bad-csv", message: error.detail)])
        }
    }
}
