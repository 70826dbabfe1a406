//! Things from outside that the tests need, fetched once into `target/` and shared by all test binaries.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::scratch;

/// Written when everything is in place; holds the recipe that made it.
const MARKER: &str = ".complete";

/// The directory `name` under `target/`, filled by `fill` unless it was filled before by the same `recipe`.
///
/// Other processes that want the same directory wait for its lock. A directory whose filling was cut short has no
/// marker, and one that another recipe made has another marker: both are emptied first. Whatever `fill` runs must be
/// bounded in time, since others wait for it.
pub async fn provision(
    name: &str,
    recipe: &str,
    fill: impl AsyncFnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let directory = scratch::target()?.join(name);
    if is_complete(&directory, recipe) {
        return Ok(directory);
    }
    let _lock = lock(&directory).await?;
    if !is_complete(&directory, recipe) {
        empty(&directory)?;
        eprintln!("fetching {name} into {}", directory.display());
        fill(&directory)
            .await
            .with_context(|| format!("could not fetch {recipe}"))?;
        fs::write(directory.join(MARKER), recipe).context("could not write the marker")?;
    }
    Ok(directory)
}

fn is_complete(directory: &Path, recipe: &str) -> bool {
    fs::read_to_string(directory.join(MARKER)).is_ok_and(|made_by| made_by == recipe)
}

/// Held until dropped; the kernel also lets it go when this process dies.
async fn lock(directory: &Path) -> Result<File> {
    let path = lock_path(directory);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("could not create {}", parent.display()))?;
    }
    let file =
        File::create(&path).with_context(|| format!("could not create {}", path.display()))?;
    tokio::task::spawn_blocking(move || file.lock().map(|()| file))
        .await?
        .with_context(|| format!("could not lock {}", path.display()))
}

/// Beside the directory, since that is emptied. The name keeps its dots: `4.3.0.lock`.
fn lock_path(directory: &Path) -> PathBuf {
    let mut path = directory.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

fn empty(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .with_context(|| format!("could not empty {}", directory.display()))?;
    }
    fs::create_dir_all(directory)
        .with_context(|| format!("could not create {}", directory.display()))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[tokio::test]
    async fn what_was_fetched_is_not_fetched_again_and_what_was_cut_short_is() {
        let name = format!("test-provision-{}", std::process::id());
        let cut_short = provision(&name, "v1", async |directory| {
            fs::write(directory.join("half"), "")?;
            bail!("the line went dead")
        });
        assert!(format!("{:#}", cut_short.await.unwrap_err()).contains("the line went dead"));

        let whole = provision(&name, "v1", async |directory| {
            Ok(fs::write(directory.join("whole"), "")?)
        });
        let directory = whole.await.unwrap();
        assert!(directory.join("whole").exists() && !directory.join("half").exists());

        provision(&name, "v1", async |_| bail!("fetched again"))
            .await
            .unwrap();
        assert!(
            provision(&name, "v2", async |_| bail!("another recipe"))
                .await
                .is_err()
        );
        fs::remove_dir_all(&directory).unwrap();
        fs::remove_file(lock_path(&directory)).unwrap();
    }
}
