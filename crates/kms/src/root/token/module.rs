//! Loaded modules. PKCS#11 is initialised once a process, so all tokens of a module share it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, Result, RvError};

/// Never unloaded: modules leave threads and handlers behind.
static LOADED: Mutex<Option<HashMap<PathBuf, Arc<Module>>>> = Mutex::new(None);

/// A module that is loaded and initialised.
pub(super) struct Module {
    path: PathBuf,
    context: RwLock<Context>,
}

/// What all calls go through.
pub(super) struct Context {
    pub(super) pkcs11: Pkcs11,
    /// Grows with each new beginning. Sessions of an earlier one are gone, and their numbers may be given out again.
    pub(super) epoch: u64,
}

impl Module {
    /// The module at `path`; loads it at the first call.
    pub(super) fn at(path: &Path) -> Result<Arc<Self>> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        if let Some(module) = loaded.get(path) {
            return Ok(module.clone());
        }
        let context = RwLock::new(Context { pkcs11: begin(path)?, epoch: 0 });
        let module = Arc::new(Self { path: path.to_owned(), context });
        loaded.insert(path.to_owned(), module.clone());
        Ok(module)
    }

    /// To be held for as long as a call or a session is used.
    pub(super) fn context(&self) -> RwLockReadGuard<'_, Context> {
        self.context.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends and begins anew, unless somebody did since `epoch`: most modules look for tokens at their beginning only.
    ///
    /// Waits for the calls that are under way. All tokens of the module have to log in again.
    pub(super) fn begin_anew(&self, epoch: u64) -> Result<()> {
        let mut context = self.context.write().unwrap_or_else(PoisonError::into_inner);
        if context.epoch != epoch {
            return Ok(());
        }
        context.epoch += 1;
        // A module that lost its device may fail to end; beginning tells what is the matter.
        let _ended_or_not = context.pkcs11.clone().finalize();
        context.pkcs11 = begin(&self.path)?;
        Ok(())
    }
}

fn begin(path: &Path) -> Result<Pkcs11> {
    let pkcs11 = Pkcs11::new(path)?;
    match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(pkcs11),
        Err(error) => Err(error),
    }
}
