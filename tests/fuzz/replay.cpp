// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The main() of fuzzers where there is no libFuzzer: replay <folder> gives them each file in it.
#include <QDir>
#include <QFile>

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size);

int main(int argc, char **argv)
{
    const QDir folder(argc == 2 ? QFile::decodeName(argv[1]) : QString());
    const QFileInfoList files = folder.entryInfoList(QDir::Files, QDir::Name);
    for (const QFileInfo &info : files) {
        QFile file(info.filePath());
        if (!file.open(QIODevice::ReadOnly)) {
            qWarning("%s cannot be read", qPrintable(file.fileName()));
            return 1;
        }
        // The last one named is the one that it ends with.
        qInfo("%s", qPrintable(info.fileName()));
        const QByteArray input = file.readAll();
        // Of its own size: what reads beyond it is found by AddressSanitizer.
        const std::vector<char> bytes(input.begin(), input.end());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    if (files.isEmpty())
        qWarning("there is nothing in %s", qPrintable(folder.path()));
    return files.isEmpty() ? 1 : 0;
}
