using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>The operating system's own files: what the simulated disk stands for.</summary>
public sealed class RealFiles
{
    private static readonly JournalOptions Quick = new() { Linger = TimeSpan.FromMilliseconds(1), SegmentBytes = 500 };

    [Fact]
    public void ASyncThatTheSystemRefusesThrows()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A device that refuses fsync is needed: /dev/null of Linux.");
        using var file = new DiskFiles("/dev").Open("null");
        Assert.Throws<IOException>(file.Sync);
    }

    [Fact]
    public async Task AJournalIsReadBackAfterReopening()
    {
        var directory = Directory.CreateTempSubdirectory("mekongtwin-");
        try
        {
            var files = new DiskFiles(directory.FullName);
            for (var turn = 0; turn < 3; turn++)
            {
                using var journal = JournalLog.Open(files, Quick);
                for (var i = 0; i < 20; i++) await journal.AppendAsync(turn * 20 + i, i);
            }
            using var last = JournalLog.Open(files, Quick);
            Assert.Equal(Enumerable.Range(0, 60).Select(i => (long)i), Frames.Read(files, last.DurableOffset));
            Assert.Empty(JournalRecovery.Check(files).Damage);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
